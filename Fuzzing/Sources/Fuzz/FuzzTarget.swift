import Glibc

/// What can be fuzzed.
enum FuzzTarget: String, CaseIterable, Sendable {
    case message
    case stream
    case uri
    case header
    case digest
    case endpoint
    case transactions
    case rtp
    case rtcp
    case sdp
    case jitter
    case telephoneEvent = "telephone-event"

    /// The target of this process.
    static let current = Fuzz.chosen

    /// Gives an input to the target; whatever is wrong traps.
    func run(_ bytes: [UInt8]) {
        switch self {
        case .message: MessageTarget.run(bytes)
        case .stream: StreamTarget.run(bytes)
        case .header: HeaderTarget.run(bytes)
        case .uri: URITarget.run(bytes)
        case .digest: DigestTarget.run(bytes)
        case .endpoint: EndpointTarget.run(bytes)
        case .transactions: TransactionTarget.run(bytes)
        case .rtp: RTPTarget.run(bytes)
        case .rtcp: RTCPTarget.run(bytes)
        case .sdp: SDPTarget.run(bytes)
        case .jitter: JitterTarget.run(bytes)
        case .telephoneEvent: TelephoneEventTarget.run(bytes)
        }
    }
}

/// Whether the target is to break something on purpose, which the fuzzer then has to find (`Scripts/fuzz --prove`).
let isBrokenOnPurpose = getenv("SVETLANA_FUZZ_BROKEN") != nil

/// Ends the process with the words when the condition does not hold, in every kind of build.
@inline(__always)
func check(_ condition: Bool, _ words: @autoclosure () -> String, line: Int = #line, file: StaticString = #fileID) {
    guard !condition else { return }
    fatalError("\(file):\(line): \(words())")
}
