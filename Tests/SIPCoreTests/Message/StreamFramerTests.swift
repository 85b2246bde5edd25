import Testing

@testable import SIPCore

@Suite struct StreamFramerTests {
    private let stream = Sample.wire(Sample.register) + Array("\r\n\r\n".utf8) + Sample.wire(Sample.challenge)

    @Test func findsTheSameFramesAtEverySplit() throws {
        for split in 0...self.stream.count {
            var framer = StreamFramer()
            var frames: [StreamFramer.Frame] = []
            for part in [self.stream[..<split], self.stream[split...]] {
                framer.append(part)
                while let frame = try framer.next() { frames.append(frame) }
            }
            #expect(frames == [.message(Sample.wire(Sample.register)), .ping, .message(Sample.wire(Sample.challenge))])
            #expect(framer.pending == 0)
        }
    }

    @Test func findsThemByteByByte() throws {
        var framer = StreamFramer()
        var frames: [StreamFramer.Frame] = []
        for byte in self.stream {
            framer.append([byte])
            while let frame = try framer.next() { frames.append(frame) }
        }
        #expect(frames.count == 3)
    }

    @Test func waitsForTheBody() throws {
        var framer = StreamFramer()
        framer.append(Array("A\r\nl: 3\r\n\r\nab".utf8))
        #expect(try framer.next() == nil)
        framer.append(Array("cd".utf8))
        #expect(try framer.next() == .message(Array("A\r\nl: 3\r\n\r\nabc".utf8)))
        #expect(framer.pending == 1)
    }

    @Test(arguments: ["l: 99999999999", "Content-Length: 70000", "l: x", "l: 1\r\nl: 2", "l : -1"])
    func refusesALengthBeforeItIsBuffered(_ line: String) {
        var framer = StreamFramer()
        framer.append(Array("A\r\n\(line)\r\n\r\n".utf8))
        #expect(throws: SIPParseError.self) { try framer.next() }
    }

    @Test func refusesHeadersWithoutAnEnd() {
        var framer = StreamFramer()
        framer.append([UInt8](repeating: 0x41, count: 70_000))
        #expect(throws: SIPParseError.self) { try framer.next() }
    }

    @Test func findsEveryMessageByteByByte() throws {
        for text in Sample.all + [
            Sample.short[0], Sample.ok.replacing("Content-Length: 0", with: "Content-Length :\n 0"),
        ] {
            let bytes = Sample.wire(text)
            let length = try SIPMessage(bytes).length
            var framer = StreamFramer()
            for (index, byte) in bytes.enumerated() {
                framer.append([byte])
                let frame = try framer.next()
                if index == length - 1 {
                    #expect(frame == .message(Array(bytes[..<length])))
                } else {
                    #expect(frame == nil)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func readsASlowBodyInLinearTime() throws {
        // Many headers and a long body, one byte at a time: the headers are read but once.
        let headers = String(repeating: "X: y\r\n", count: 3_000)
        let body = [UInt8](repeating: 0x61, count: 40_000)
        var framer = StreamFramer()
        framer.append(Array("A\r\n\(headers)l: \(body.count)\r\n\r\n".utf8))
        for _ in 1..<body.count {
            framer.append([0x61])
            #expect(try framer.next() == nil)
        }
        framer.append([0x61])
        guard case .message(let message) = try framer.next() else { throw SIPBuildError.illegalStartLine }
        #expect(message.suffix(body.count).elementsEqual(body))
    }

    @Test(arguments: ["l:\r\n5: x", "l:\r\n\r\n", "l: "]) func takesNoLengthFromAnotherHeader(_ line: String) {
        var framer = StreamFramer()
        framer.append(Array("A\r\n\(line)\r\n\r\n12345".utf8))
        #expect(throws: SIPParseError.self) { try framer.next() }
    }

    @Test func countsEveryKeepAlive() throws {
        var framer = StreamFramer()
        var pings = 0
        for byte in Array(String(repeating: "\r\n", count: 20).utf8) {
            framer.append([byte])
            while let frame = try framer.next() {
                #expect(frame == .ping)
                pings += 1
            }
        }
        #expect(pings == 10)
        #expect(framer.pending == 0)
    }
}
