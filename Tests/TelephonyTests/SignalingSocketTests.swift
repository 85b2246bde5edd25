import CallCore
import CoreTypes
import Testing

@testable import Telephony

/// The signaling socket against what a stranger sends.
@Suite(.timeLimit(.minutes(1))) struct SignalingSocketTests {
    private func options(_ number: Int, via: String) -> [UInt8] {
        Array(
            [
                "OPTIONS sip:x@127.0.0.1 SIP/2.0", "Via: SIP/2.0/UDP \(via);branch=z9hG4bK\(number)",
                "Max-Forwards: 70",
                "From: <sip:s@127.0.0.1>;tag=s", "To: <sip:x@127.0.0.1>", "Call-ID: options-\(number)",
                "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
            ].joined(separator: "\r\n").utf8
        )
    }

    @Test func `Somebody who wants its answer at port 0 does not close the socket`() async throws {
        let agent = try Phones.callee()
        try await agent.start()
        let address = try #require(agent.localAddress)
        let stranger = try RTPSocket(host: Phones.loopback, port: 0)
        for number in 0..<5 { #expect(stranger.send(self.options(number, via: "127.0.0.1:0"), to: address)) }
        #expect(stranger.send(self.options(9, via: "127.0.0.1:9;rport"), to: address))
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var answer: String?
        while answer == nil, !Task.isCancelled {
            if let (count, _) = stranger.receive(into: &buffer) {
                answer = String(decoding: buffer[..<count], as: UTF8.self)
            }
            await Task.yield()
        }
        #expect(answer?.hasPrefix("SIP/2.0 200 OK") == true)
        #expect(answer?.contains("options-9") == true)
        await agent.stop()
    }
}
