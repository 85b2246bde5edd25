extension RTCPPacket {
    /// Appends the packet as it goes on the wire; at most 31 blocks or sources and 255 bytes of text are written.
    public func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        switch self {
        case .senderReport(let source, let information, let blocks):
            RTCPPacket.begin(type: 200, count: min(blocks.count, 31), in: &bytes)
            bytes.append(number32: source)
            bytes.append(number32: UInt32(truncatingIfNeeded: information.time >> 32))
            bytes.append(number32: UInt32(truncatingIfNeeded: information.time))
            bytes.append(number32: information.timestamp)
            bytes.append(number32: information.packetCount)
            bytes.append(number32: information.octetCount)
            for block in blocks.prefix(31) { block.append(to: &bytes) }
        case .receiverReport(let source, let blocks):
            RTCPPacket.begin(type: 201, count: min(blocks.count, 31), in: &bytes)
            bytes.append(number32: source)
            for block in blocks.prefix(31) { block.append(to: &bytes) }
        case .sourceDescription(let source, let canonicalName):
            RTCPPacket.begin(type: 202, count: 1, in: &bytes)
            bytes.append(number32: source)
            bytes.append(1)
            RTCPPacket.append(text: canonicalName, to: &bytes)
            // The list of items ends with at least one zero and at a multiple of four.
            bytes.append(0)
            RTCPPacket.align(&bytes, from: start)
        case .goodbye(let sources, let reason):
            RTCPPacket.begin(type: 203, count: min(sources.count, 31), in: &bytes)
            for source in sources.prefix(31) { bytes.append(number32: source) }
            if let reason {
                RTCPPacket.append(text: reason, to: &bytes)
                RTCPPacket.align(&bytes, from: start)
            }
        case .extendedReport(let source, let blocks):
            RTCPPacket.begin(type: 207, count: 0, in: &bytes)
            bytes.append(number32: source)
            for block in blocks { block.append(to: &bytes) }
        case .other(let type):
            RTCPPacket.begin(type: type, count: 0, in: &bytes)
        }
        let words = UInt16(truncatingIfNeeded: (bytes.count - start) / 4 - 1)
        bytes[start + 2] = UInt8(truncatingIfNeeded: words >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: words)
    }

    private static func begin(type: UInt8, count: Int, in bytes: inout [UInt8]) {
        bytes.append(0x80 | UInt8(truncatingIfNeeded: count))
        bytes.append(type)
        bytes.append(number16: 0)
    }

    private static func append(text: String, to bytes: inout [UInt8]) {
        let octets = text.utf8.prefix(255)
        bytes.append(UInt8(truncatingIfNeeded: octets.count))
        bytes.append(contentsOf: octets)
    }

    private static func align(_ bytes: inout [UInt8], from start: Int) {
        while (bytes.count - start) % 4 != 0 { bytes.append(0) }
    }
}

extension ReportBlock {
    fileprivate func append(to bytes: inout [UInt8]) {
        let lost = UInt32(bitPattern: min(max(self.cumulativeLost, -0x80_0000), 0x7F_FFFF)) & 0xFF_FFFF
        bytes.append(number32: self.source)
        bytes.append(number32: UInt32(self.fractionLost) << 24 | lost)
        bytes.append(number32: self.highestSequence)
        bytes.append(number32: self.jitter)
        bytes.append(number32: self.lastSenderReport)
        bytes.append(number32: self.delaySinceLastSenderReport)
    }
}
