import CoreTypes

/// The addresses that living transactions talk to, each with the socket and the list of those transactions.
///
/// Many transactions share an address, and an address that fails has to find its transactions at once.
struct PeerTable: Sendable {
    /// An address, seen from one of our sockets.
    struct Peer: Sendable {
        let address: TransportAddress
        let binding: LocalBinding
        /// The slot of the latest transaction, which names the one before it.
        var latest: UInt32
        var count: Int
    }

    private let key: KeyedHash.Key
    private var peers = SlotPool<Peer>()
    private var index = HashIndex()

    init(_ key: KeyedHash.Key) {
        self.key = key
    }

    /// How many addresses there are.
    var count: Int {
        self.peers.count
    }

    /// The hosts that living transactions talk to.
    var hosts: Set<IPAddress> {
        var hosts: Set<IPAddress> = []
        self.peers.forEach { hosts.insert($0.address.host) }
        return hosts
    }

    /// The peer of that number.
    subscript(number: UInt32) -> Peer? {
        self.peers[number]
    }

    /// Whether the peer has that address; `nil` when there is no such peer.
    func isAddress(_ number: UInt32, _ address: TransportAddress) -> Bool? {
        self.peers.read(number) { $0.address == address }
    }

    /// Whether the peer has an address at that host; `nil` when there is no such peer.
    func isHost(_ number: UInt32, _ host: IPAddress) -> Bool? {
        self.peers.read(number) { $0.address.host == host }
    }

    /// Changes a peer in place.
    mutating func update(_ number: UInt32, _ change: (inout Peer) -> Void) {
        self.peers.update(number, change)
    }

    /// The number of the peer; a new one when it is not there.
    mutating func number(_ address: TransportAddress, _ binding: LocalBinding) -> UInt32 {
        let hash = self.hash(address)
        let found = self.index.first(hash) { number in
            self.peers[number]?.address == address && self.peers[number]?.binding == binding
        }
        if let found { return found }
        let number = self.peers.insert(Peer(address: address, binding: binding, latest: .max, count: 0))
        self.index.insert(hash, number)
        return number
    }

    /// Forgets a peer.
    mutating func remove(_ number: UInt32) {
        guard let peer = self.peers.remove(number) else { return }
        self.index.remove(self.hash(peer.address), number)
    }

    /// The peers with this address, seen from `binding` when it is given.
    func all(_ address: TransportAddress, _ binding: LocalBinding?) -> [Peer] {
        var result: [Peer] = []
        _ = self.index.first(self.hash(address)) { number in
            if let peer = self.peers[number], peer.address == address, binding == nil || peer.binding == binding {
                result.append(peer)
            }
            return false
        }
        return result
    }

    private func hash(_ address: TransportAddress) -> UInt64 {
        var hash = KeyedHash(self.key)
        switch address.host {
        case .v4(let value): hash.combine(UInt64(value))
        case .v6(let upper, let lower):
            hash.combine(upper)
            hash.combine(lower)
        }
        hash.combine(UInt64(address.port))
        return hash.finish()
    }
}
