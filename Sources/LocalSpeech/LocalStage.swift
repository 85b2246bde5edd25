#if LocalSpeech
internal import VoicePipeline

extension Stage {
    /// What ``prepare()`` shows of a stage in this process: that it loads.
    func probe(as name: String, within limit: Duration) async -> ProbeResult {
        await withTaskGroup(of: ProbeResult.self) { group in
            group.addTask {
                do {
                    try await self.prepare()
                    return ProbeResult(ok: true, found: name)
                } catch let error as StageError {
                    return ProbeResult(ok: false, found: error.message, kind: error.kind)
                } catch {
                    return ProbeResult(ok: false, found: "the check was cancelled", kind: .failed)
                }
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return ProbeResult(ok: false, found: "\(name) takes too long to load", kind: .timeout)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .notProbed
        }
    }
}

/// How much audio of one sentence may be made, and wait to be heard.
enum SpokenAudio {
    /// Two minutes in frames of 100 ms, and some that are shorter.
    static let waitingFrames = 1_300
    /// Two minutes at 22 050 Hz in 16 bits, and a header.
    static let mostBytes = 120 * 22_050 * 2 + 1_024
}
#endif
