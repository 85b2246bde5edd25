import CoreTypes
import SDPCore

/// Session descriptions: read, written, read again; offered and answered to our side of a negotiation.
///
/// The input is a byte of manners, then descriptions that end with 0x1E, each after a byte of what is done with it.
enum SDPTarget {
    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let manners = input.byte()
        var side = self.side(manners)
        var rounds = 0
        while !input.isEmpty, rounds < 16 {
            rounds += 1
            let command = input.byte()
            let text = input.record(endingWith: 0x1E)
            let description = self.description(text)
            switch command % 5 {
            case 0: if let description { self.offer(description, to: &side) }
            case 1:
                // The other side is ours too, whose answer must fit whatever it was offered.
                let offer = side.makeOffer()
                var other = self.side(manners ^ 0x07)
                guard let answer = try? other.receiveOffer(offer).answer else { break }
                self.checkRoundTrip(answer)
                self.answer(answer, to: &side)
            case 2:
                self.checkRoundTrip(side.makeOffer())
                if let description { self.answer(description, to: &side) }
            case 3: side.hold(command & 0x80 != 0)
            default: side.offerFailed()
            }
        }
    }

    private static func side(_ manners: UInt8) -> OfferAnswer {
        let all: [AudioCapability] = [
            AudioCapability(encodingName: "opus", clockRate: 48_000, channels: 2, payloadType: 96),
            AudioCapability(encodingName: "PCMU", clockRate: 8_000, payloadType: 0),
            AudioCapability(encodingName: "PCMA", clockRate: 8_000, payloadType: 8),
        ]
        return OfferAnswer(
            sessionID: 0xFFFF_FFFF_FFFF_FFFF,
            address: manners & 8 == 0 ? .v4(0xC000_0201) : .v6(0x2001_0DB8_0000_0000, 1),
            port: 4000,
            capabilities: Array(all[min(Int(manners & 3), 2)...]),
            telephoneEvent: manners & 4 == 0,
            direction: manners & 16 == 0 ? .sendReceive : .sendOnly,
            offersControlMultiplexing: manners & 32 == 0
        )
    }

    private static func description(_ text: [UInt8]) -> SessionDescription? {
        let description: SessionDescription
        do {
            description = try SessionDescription(text)
        } catch {
            check(error.offset >= 0 && error.offset <= text.count, "\(error) is outside of \(text.count) bytes")
            check(!error.description.isEmpty && error.suggestedStatus == 400, "\(error)")
            return nil
        }
        let limits = SDPLimits()
        check(description.media.count <= limits.media, "\(description.media.count) m= lines passed the limit")
        for media in description.media {
            check(media.formats.count <= limits.formats, "\(media.formats.count) formats passed the limit")
            _ = description.direction(of: media)
            _ = description.connection(of: media)?.ipAddress
            for format in media.payloadFormats {
                check(format.payloadType < 128 && format.clockRate > 0 && format.channels > 0, "\(format)")
                _ = format.parameter("useinbandfec")
            }
        }
        self.checkRoundTrip(description)
        return description
    }

    private static func checkRoundTrip(_ description: SessionDescription) {
        let text = description.serialized()
        do {
            let again = try SessionDescription(text)
            check(self.means(description, again), "written as \(description), read as another")
            check(again.serialized() == text, "the second writing differs")
        } catch {
            // Reading mends what is no UTF-8, which makes a line of the limit's length longer.
            check(text.count > SDPLimits().lineBytes, "written as \(description), which is refused: \(error)")
        }
    }

    /// Whether both say the same: writing puts lines in the RFC's order, a name for none and a time for none.
    private static func means(_ left: SessionDescription, _ right: SessionDescription) -> Bool {
        func same(_ left: [SDPLine], _ right: [SDPLine]) -> Bool {
            left.filter { $0.type != UInt8(ascii: "t") }.sorted(by: self.isBefore)
                == right.filter { $0.type != UInt8(ascii: "t") }.sorted(by: self.isBefore)
        }
        guard left.origin == right.origin, left.connection == right.connection, left.attributes == right.attributes,
            left.name == right.name || left.name.isEmpty, same(left.lines, right.lines),
            left.media.count == right.media.count
        else { return false }
        return zip(left.media, right.media).allSatisfy { left, right in
            var sorted = right
            sorted.lines = left.lines
            return left == sorted && same(left.lines, right.lines)
        }
    }

    private static func isBefore(_ left: SDPLine, _ right: SDPLine) -> Bool {
        (left.type, left.value) < (right.type, right.value)
    }

    private static func offer(_ offer: SessionDescription, to side: inout OfferAnswer) {
        let pending = side.isOfferPending
        do {
            let negotiated = try side.receiveOffer(offer)
            check(!pending, "an offer was taken while ours waits")
            check(negotiated.answer.media.count == offer.media.count, "the answer has another number of m= lines")
            check(negotiated.answer.media.filter { $0.port != 0 }.count == 1, "not one m= line is alive in the answer")
            for (theirs, ours) in zip(offer.media, negotiated.answer.media) {
                check(theirs.kind == ours.kind, "the answer changed a kind")
                check(theirs.port != 0 || ours.port == 0, "the answer revived what was refused")
            }
            if isBrokenOnPurpose { check(negotiated.audio.direction != .inactive, "broken on purpose") }
            self.examine(negotiated)
            self.checkRoundTrip(negotiated.answer)
        } catch {
            self.examine(error)
            check(error != .offerPending || pending, "an offer that does not wait was in the way")
        }
    }

    private static func answer(_ answer: SessionDescription, to side: inout OfferAnswer) {
        do {
            self.examine(try side.receiveAnswer(answer))
            check(!side.isOfferPending, "the answer was taken, and the offer waits")
        } catch {
            self.examine(error)
        }
    }

    private static func examine(_ negotiated: Negotiated) {
        let audio = negotiated.audio
        check(audio.clockRate > 0 && audio.channels > 0 && audio.packetTime > 0, "\(audio)")
        check(audio.packetTime <= 1_000, "packets of \(audio.packetTime) ms")
        check(audio.sendPayloadType < 128 && !audio.receivePayloadTypes.isEmpty, "\(audio)")
        _ = audio.formatParameter("maxplaybackrate")
    }

    private static func examine(_ error: SDPError) {
        check((400...499).contains(error.suggestedStatus) && !error.description.isEmpty, "\(error)")
    }
}
