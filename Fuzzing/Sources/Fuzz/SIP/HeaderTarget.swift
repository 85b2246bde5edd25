import CoreTypes
import SIPCore

/// Typed headers and bodies: what was read is written so that it is read as the same again.
///
/// The input is a byte that says which type, and the value.
enum HeaderTarget {
    private static let types: [any SIPHeaderValue.Type] = [
        CSeq.self, ContentDisposition.self, Diversion.self, HistoryInfo.self, MediaType.self, NameAddress.self,
        Privacy.self, Quality.self, Reason.self, RemotePartyID.self, Via.self, Warning.self,
    ]

    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let kind = input.choice(self.types.count + 4)
        let body = input.rest()
        guard kind >= self.types.count else {
            self.checkHeader(self.types[kind], String(decoding: body, as: UTF8.self))
            return
        }
        switch kind - self.types.count {
        case 0:
            if let relay = DTMFRelay(relay: body[...]) {
                check(DTMFRelay(relay: relay.bytes[...]) == relay, "\(relay) is read as another")
            }
            _ = DTMFRelay(digit: body[...])
        case 1:
            if let summary = MessageSummary(body[...]) {
                check(MessageSummary(summary.bytes[...]) == summary, "\(summary) is read as another")
            }
        case 2:
            // What no line may hold becomes a space when it is written, so that what was written is what must stay.
            if let fragment = MessageFragment(body[...]) {
                let written = MessageFragment(fragment.bytes[...])
                check(written != nil, "\(fragment) is written as no fragment")
                guard let written else { return }
                check(written.headers.count == fragment.headers.count, "\(fragment) is written with other headers")
                check(MessageFragment(written.bytes[...]) == written, "\(written) is read as another")
            }
        default: self.checkMultipart(body)
        }
    }

    private static func checkHeader<Value: SIPHeaderValue>(_ type: Value.Type, _ text: String) {
        guard let value = Value(text) else { return }
        let written = value.description
        guard let again = Value(written) else { fatalError("written as \(written), which is no \(type)") }
        check(again == value, "\(type) is written as \(written), and read as another")
        check(again.hashValue == value.hashValue, "\(type) equals and has another hash")
        check(again.description == written, "\(type) is written as \(written), then as \(again)")
        if isBrokenOnPurpose, written.utf8.contains(UInt8(ascii: "\\")) { fatalError("broken on purpose") }
        // What stands in a header is one line of it.
        var builder = SIPMessageBuilder(request: .options, uri: SIPURI(host: "a.example"))
        try? builder.add("X-Value", value)
        check((builder.first("X-Value") ?? "").utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A }, "a value of two lines")
    }

    private static func checkMultipart(_ body: [UInt8]) {
        let type = MediaType(
            "multipart",
            "mixed",
            parameters: MediaType("multipart/mixed;boundary=b")?.parameters ?? .init()
        )
        guard let whole = MultipartBody(body[...], type: type) else { return }
        check(whole.parts.count <= BodyLimits.standard.partCount, "\(whole.parts.count) parts passed the limit")
        var random = SeededRandom(seed: 1)
        guard let encoded = try? whole.encoded(using: &random) else { return }
        guard let again = MultipartBody(encoded.bytes[...], type: encoded.type) else {
            fatalError("what was encoded is no multipart body")
        }
        check(again.isComplete && again.parts == whole.parts, "the parts are read as others")
    }
}
