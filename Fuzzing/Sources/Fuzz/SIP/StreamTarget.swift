import SIPCore

/// A byte stream: cut into pieces as the fuzzer likes it gives the frames that it gives in one piece, in bounded memory.
///
/// The input is a byte of limits, a byte with the number of pieces' lengths, those lengths (used round and round), and
/// the stream.
enum StreamTarget {
    static func run(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        var limits = SIPLimits()
        let narrow = input.choice(4)
        if narrow > 0 {
            limits.messageLength = 128 << narrow
            limits.contentLength = 64 << narrow
        }
        let lengths = input.take(1 + input.choice(16)).map { max(Int($0), 1) }
        let stream = FuzzInput.inflated(input.rest())

        let whole = self.frames(of: stream, in: [stream.count], limits)
        let split = self.frames(of: stream, in: lengths.isEmpty ? [1] : lengths, limits)
        check(whole.frames == split.frames, "\(split.frames.count) frames in pieces, \(whole.frames.count) in one")
        check(whole.failed == split.failed, "it fails in pieces and not in one, or the other way round")
        for case .message(let message) in whole.frames {
            check(message.count <= limits.messageLength, "a frame of \(message.count) bytes passed the limit")
            check(!message.isEmpty, "an empty frame")
            _ = try? SIPMessage(message, limits: limits)
        }
    }

    private static func frames(
        of stream: [UInt8],
        in lengths: [Int],
        _ limits: SIPLimits
    ) -> (frames: [StreamFramer.Frame], failed: Bool) {
        var framer = StreamFramer(limits: limits)
        var frames: [StreamFramer.Frame] = []
        var position = 0
        var piece = 0
        while position < stream.count {
            let length = min(max(lengths[piece % lengths.count], 1), stream.count - position)
            var bytes = stream[position..<(position + length)]
            if isBrokenOnPurpose, length == 1, bytes.first == 0x0D, position > 64 { bytes = [] }
            framer.append(bytes)
            position += length
            piece += 1
            do {
                while let frame = try framer.next() { frames.append(frame) }
            } catch {
                return (frames, true)
            }
            // What is left is the start of one message, which `next` has looked at.
            check(framer.pending <= limits.messageLength, "\(framer.pending) bytes are kept")
        }
        return (frames, false)
    }
}
