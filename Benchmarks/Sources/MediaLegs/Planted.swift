import Synchronization
import Telephony

/// An echo that does what nothing on the path of a packet may do, so that it is seen that this would be found.
final class PlantedEcho: LoopAudioProcessor {
    let sampleRate: Int? = 16_000
    private let plant: Options.Plant
    private let lock = Mutex(0)
    private var kept: [Int16] = []

    init(_ plant: Options.Plant) {
        self.plant = plant
    }

    func process(_ heard: Span<Int16>, into spoken: inout MutableSpan<Int16>, sampleRate: Int) {
        switch self.plant {
        case .lock: self.lock.withLock { $0 &+= 1 }
        case .allocation: self.kept = [Int16](repeating: 1, count: heard.count)
        }
        for index in 0..<min(heard.count, spoken.count) { spoken[index] = heard[index] }
    }
}
