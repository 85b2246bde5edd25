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
}
