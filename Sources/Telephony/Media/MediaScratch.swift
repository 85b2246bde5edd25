/// Room for what a leg works on in its turn, shared by all legs of a loop.
///
/// A thousand legs with buffers of their own would find none of them in the processor's cache. Nothing in here outlives a
/// turn.
struct MediaScratch {
    /// The datagram that was received.
    var datagram = [UInt8](repeating: 0, count: 2_048)
    /// The datagram that is sent.
    var packet: [UInt8] = []
    /// What the peer says.
    var heard: [Int16] = []
    /// What the peer is to hear.
    var spoken: [Int16] = []
    /// What a recorder gets of the peer.
    var recorded: [Int16] = []
    /// Both in the rate of a processor.
    var stage = ProcessorStage.Scratch()

    init() {
        self.packet.reserveCapacity(1_500)
    }
}
