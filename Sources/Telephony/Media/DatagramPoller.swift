import CLinux
import CoreTypes
import Glibc

/// Waits for datagrams, the media clock and commands at once: epoll, timerfd and eventfd.
///
/// The one seam to the platform: another system's poller is another version of this file.
final class DatagramPoller: Sendable {
    /// What there is to do.
    enum Readiness: Equatable {
        /// The media clock went off.
        case clock
        /// Somebody called ``DatagramPoller/wake()``.
        case command
        /// The socket with this tag has datagrams.
        case socket(UInt64)
    }
    private static let clockTag = UInt64.max
    private static let commandTag = UInt64.max - 1
    private let epoll: Int32
    private let timer: Int32
    private let event: Int32

    /// Makes a poller.
    ///
    /// - Throws: ``SocketError`` when the process is out of descriptors.
    init() throws(SocketError) {
        self.epoll = svetlana_epoll_create()
        self.timer = svetlana_timer_create()
        self.event = svetlana_event_create()
        guard self.epoll >= 0, self.timer >= 0, self.event >= 0,
            svetlana_epoll_add(self.epoll, self.timer, Self.clockTag) == 0,
            svetlana_epoll_add(self.epoll, self.event, Self.commandTag) == 0
        else { throw SocketError(operation: "make a media loop", code: errno) }
    }

    deinit {
        close(self.event)
        close(self.timer)
        close(self.epoll)
    }

    /// The monotonic clock that the timer runs by.
    static var now: Instant {
        Instant(nanoseconds: svetlana_monotonic_nanoseconds())
    }

    /// Lets the thread sleep until a time of that clock.
    static func sleep(until instant: Instant) {
        svetlana_sleep_until(instant.nanoseconds)
    }

    /// Watches a socket; `tag` comes back from ``wait(into:)``.
    func add(_ descriptor: Int32, tag: UInt64) {
        _ = svetlana_epoll_add(self.epoll, descriptor, tag)
    }

    /// Stops watching a socket.
    func remove(_ descriptor: Int32) {
        _ = svetlana_epoll_remove(self.epoll, descriptor)
    }

    /// Sets the media clock to go off at an absolute time; `nil` stops it.
    func arm(_ instant: Instant?) {
        _ = svetlana_timer_arm(self.timer, instant.map { max($0.nanoseconds, 1) } ?? 0)
    }

    /// Interrupts a wait from any thread.
    func wake() {
        var one: UInt64 = 1
        _ = write(self.event, &one, 8)
    }

    /// Waits until something is ready and hands it to `body`; without `sleeps` it takes what is ready already.
    func wait(tags: inout [UInt64], sleeps: Bool = true, _ body: (Readiness) -> Void) {
        let count = tags.withUnsafeMutableBufferPointer {
            svetlana_epoll_wait(self.epoll, $0.baseAddress, Int32($0.count), sleeps ? -1 : 0)
        }
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            var expirations: UInt64 = 0
            switch tags[index] {
            case Self.clockTag:
                _ = read(self.timer, &expirations, 8)
                body(.clock)
            case Self.commandTag:
                _ = read(self.event, &expirations, 8)
                body(.command)
            case let tag:
                body(.socket(tag))
            }
        }
    }
}
