/// The methods that the library knows, as a number: what is compared in place of texts.
enum KnownMethod: UInt8, CaseIterable, Sendable {
    case invite = 1
    case ack
    case bye
    case cancel
    case register
    case options
    case info
    case update
    case prack
    case subscribe
    case notify
    case refer
    case message
    case publish

    /// The method that stands in `range`, in its exact case; `nil` for one that the library does not know.
    init?(_ bytes: Span<UInt8>, _ range: ByteRange) {
        if range.length == 9 {
            guard bytes.key(range.start, 8) == 0x4249_5243_5342_5553, bytes.key(range.start &+ 8, 1) == 0x45 else {
                return nil
            }
            self = .subscribe
            return
        }
        // The names as words, their first letter in the lowest byte.
        switch bytes.key(range.start, Int(range.length)) {
        case 0x4554_4956_4E49: self = .invite
        case 0x4B_4341: self = .ack
        case 0x45_5942: self = .bye
        case 0x4C45_434E_4143: self = .cancel
        case 0x5245_5453_4947_4552: self = .register
        case 0x53_4E4F_4954_504F: self = .options
        case 0x4F46_4E49: self = .info
        case 0x4554_4144_5055: self = .update
        case 0x4B_4341_5250: self = .prack
        case 0x5946_4954_4F4E: self = .notify
        case 0x52_4546_4552: self = .refer
        case 0x45_4741_5353_454D: self = .message
        case 0x48_5349_4C42_5550: self = .publish
        default: return nil
        }
    }
}
