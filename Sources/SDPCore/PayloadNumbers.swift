/// The payload types that our side gave in a session, none of which may come to mean something else.
///
/// A number that has once stood for a codec stands for it as long as the session lasts, in whatever descriptions and in
/// whatever order codecs are offered: packets by the old meaning may still be on their way (RFC 3264 section 8.3.2).
/// Only a peer that gives a number another meaning itself is followed.
struct PayloadNumbers: Hashable, Sendable {
    private var meanings: [UInt8: AudioCapability] = [:]

    /// Takes note of the formats of a description of ours.
    mutating func note(_ formats: [AudioCapability]) {
        for format in formats { self.meanings[format.payloadType] = format }
    }

    /// A number for a format, none of `taken`: one that it had, else a dynamic one that never meant anything else.
    ///
    /// 101 is kept for DTMF digits, as everybody uses it for them.
    func number(for format: AudioCapability, avoiding taken: [UInt8], preferred: UInt8? = nil) -> UInt8 {
        let dynamic = (preferred.map { [$0] } ?? []) + Array(102...127) + Array(96...100)
        let free = dynamic.filter { !taken.contains($0) }
        let had = self.meanings.keys.sorted().first { number in
            !taken.contains(number) && self.meanings[number]?.isSameEncoding(as: format) == true
        }
        // A session that has used up all numbers has to use one again.
        return had ?? free.first { self.meanings[$0] == nil } ?? free.first ?? 101
    }
}
