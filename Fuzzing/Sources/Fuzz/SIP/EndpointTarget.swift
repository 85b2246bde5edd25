import CoreTypes
import SIPCore

/// An endpoint that gets any datagrams from any source at any time, with an owner of any manners.
///
/// The input is a byte for the owner, then records that end with 0x1E: a byte for the source and the socket, one for the
/// time that passes before, and the datagram.
enum EndpointTarget {
    private enum Owner: CaseIterable {
        case silent, accepting, ringing, refusing
    }

    private static let sources: [TransportAddress] = [
        TransportAddress(host: .v4(0xC000_0201), port: 5060), TransportAddress(host: .v4(0xC000_0202), port: 5062),
        TransportAddress(host: .v6(0x2001_0DB8_0000_0000, 1), port: 5060),
    ]

    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let manners = input.byte()
        let owner = Owner.allCases[Int(manners & 3)]
        var endpoint = WatchedEndpoint(self.configuration(manners), seed: 7)
        var asked: [ClientTransactionID] = []
        if manners & 0x10 != 0 {
            // Requests of our own, so that answers have something to belong to: their branches follow from the seed.
            for method in [SIPMethod.invite, .options, .register] {
                if let id = endpoint.send(self.request(method), to: self.destination(0)) { asked.append(id) }
            }
        }
        var records = 0
        while !input.isEmpty, records < 64 {
            records += 1
            let place = input.byte()
            endpoint.advance(input.step())
            var datagram = input.record(endingWith: 0x1E)
            if place & 0x80 != 0, let id = asked.first, let request = endpoint.request(of: id) {
                datagram = self.answer(datagram, to: request)
            }
            let index = Int(place & 3) % self.sources.count
            endpoint.receive(datagram, from: self.sources[index], on: self.destination(Int(place >> 2 & 1)).binding)
            if place & 0x40 != 0 { endpoint.fail(to: self.sources[index]) }
            if place & 0x20 != 0, let id = asked.first { endpoint.cancel(id) }
            self.answer(endpoint.takeEvents(), at: &endpoint, as: owner)
            _ = endpoint.takeTransmits()
        }
        endpoint.finish()
    }

    private static func configuration(_ manners: UInt8) -> SIPEndpoint.Configuration {
        var configuration = SIPEndpoint.Configuration()
        configuration.userAgent = manners & 0x04 != 0 ? "fuzz" : ""
        configuration.maximumServerTransactions = manners & 0x08 != 0 ? 2 : 16
        configuration.maximumClientTransactions = 3
        if manners & 0x20 != 0 {
            configuration.admission = .only([self.sources[0].host], everyone: [.options])
        }
        if manners & 0x40 != 0 { configuration.messageLimits.messageLength = 512 }
        return configuration
    }

    private static func answer(_ events: [SIPEndpointEvent], at endpoint: inout WatchedEndpoint, as owner: Owner) {
        for case .request(let id, let message, from: _, on: _) in events {
            switch owner {
            case .silent: break
            case .accepting: endpoint.respond(id, 200)
            case .ringing: endpoint.respond(id, message.method == .invite ? 180 : 202)
            case .refusing: endpoint.respond(id, 486)
            }
        }
        for case .cancelled(let id) in events where owner == .ringing { endpoint.respond(id, 487) }
    }

    /// The bytes with the first "@" for what tells the transaction, so that the fuzzer can hit it.
    private static func answer(_ datagram: [UInt8], to request: SIPMessage) -> [UInt8] {
        guard let place = datagram.firstIndex(of: UInt8(ascii: "@")) else { return datagram }
        let headers =
            "Via: \(request.topVia)\r\nFrom: \(request.from)\r\nCall-ID: \(request.callID)\r\nCSeq: \(request.cSeq)\r\n"
        return datagram[..<place] + Array(headers.utf8) + datagram[(place + 1)...]
    }

    static func destination(_ index: Int) -> Destination {
        let local = TransportAddress(host: .v4(0xC000_02FE), port: 5060)
        let transport: TransportProtocol = index == 0 ? .udp : .tcp
        return Destination(
            address: self.sources[index],
            binding: LocalBinding(transport: transport, address: local, index: index)
        )
    }

    /// A request with everything that it must have.
    static func request(_ method: SIPMethod, number: UInt32 = 1) -> SIPMessageBuilder {
        var builder = SIPMessageBuilder(request: method, uri: SIPURI(user: "100", host: "pbx.example"))
        let headers: [(HeaderName, String)] = [
            (.from, "<sip:200@pbx.example>;tag=f\(number)"), (.to, "<sip:100@pbx.example>"),
            (.callID, "c\(number)@a.example"), (.cSeq, "\(number) \(method)"), (.contact, "<sip:200@192.0.2.254>"),
        ]
        for (name, value) in headers {
            do { try builder.add(name, value) } catch { fatalError("\(name): \(error)") }
        }
        return builder
    }
}
