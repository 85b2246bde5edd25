import CLibFuzzer
import Glibc
import Synchronization

/// Runs libFuzzer on one target: `Fuzz TARGET [libFuzzer's arguments]`; `Fuzz --list` names the targets.
///
/// What libFuzzer starts itself (`-merge=1`, `-jobs=N`) finds the target in the environment.
@main
struct Fuzz {
    private static let variable = "SVETLANA_FUZZ_TARGET"

    static func main() {
        let arguments = CommandLine.arguments
        if arguments.dropFirst().first == "--list" {
            for target in FuzzTarget.allCases { print(target.rawValue) }
            return
        }
        var kept = arguments
        if arguments.count > 1, let named = FuzzTarget(rawValue: arguments[1]) {
            setenv(variable, named.rawValue, 1)
            kept.remove(at: 1)
        }
        guard let name = getenv(variable).map({ String(cString: $0) }), FuzzTarget(rawValue: name) != nil else {
            print("usage: Fuzz TARGET [libFuzzer's arguments], where TARGET is one of those that --list names")
            exit(2)
        }
        var count = CInt(kept.count)
        // libFuzzer keeps the pointers for as long as the process lives.
        let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: kept.count + 1)
        for (index, argument) in kept.enumerated() { copies[index] = strdup(argument) }
        copies[kept.count] = nil
        atexit { print("slowest_ms: \(Stopwatch.slowest.load(ordering: .relaxed) / 1_000_000)") }
        var vector: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = copies
        exit(
            LLVMFuzzerRunDriver(&count, &vector) { data, size in
                let start = Stopwatch.now()
                FuzzTarget.current.run(Array(UnsafeBufferPointer(start: data, count: size)))
                Stopwatch.note(Stopwatch.now() - start)
                return 0
            }
        )
    }

    /// The target that the environment names.
    static var chosen: FuzzTarget {
        getenv(variable).flatMap { FuzzTarget(rawValue: String(cString: $0)) } ?? .message
    }
}

/// How long the slowest input took.
enum Stopwatch {
    /// In nanoseconds.
    static let slowest = Atomic<Int>(0)

    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    static func note(_ nanoseconds: Int) {
        guard nanoseconds > slowest.load(ordering: .relaxed) else { return }
        slowest.store(nanoseconds, ordering: .relaxed)
    }
}
