// How every typed header of a message is read. The bytes are scanned when a header is asked for, and not before.
extension SIPMessage {
    /// Where the values of the header lines of a name are, in order.
    func valueRanges(_ name: HeaderName) -> [Range<Int>] {
        self.entries.compactMap { entry in
            entry.headerName(in: self.storage) == name ? entry.value.range : nil
        }
    }

    /// The value of a header that stands once; `nil` when it is absent or breaks its grammar.
    func one<Value>(
        _ name: HeaderName,
        _ scan: (inout HeaderScanner) throws(ScanFailure) -> Value
    ) -> Value? {
        guard let range = self.valueRanges(name).first else { return nil }
        var scanner = HeaderScanner(self.storage, range)
        return try? scanner.whole(scan)
    }

    /// The values of a header that is a list, those that break its grammar left out.
    func list<Value>(
        _ name: HeaderName,
        _ scan: (inout HeaderScanner) throws(ScanFailure) -> Value
    ) -> [Value] {
        var values: [Value] = []
        for range in self.valueRanges(name) {
            var line = HeaderScanner(self.storage, range)
            while var item = line.item() {
                if let value = try? item.whole(scan) { values.append(value) }
            }
        }
        return values
    }

    /// The values of a list header, `nil` when it is absent: for the headers where absent and empty differ.
    func listIfPresent<Value>(
        _ name: HeaderName,
        _ scan: (inout HeaderScanner) throws(ScanFailure) -> Value
    ) -> [Value]? {
        self.contains(name) ? self.list(name, scan) : nil
    }
}
