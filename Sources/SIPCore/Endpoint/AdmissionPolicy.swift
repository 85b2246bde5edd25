public import CoreTypes

/// Who may send requests that start something.
///
/// A stranger gets no transaction: what he sends is answered at once and once, without asking the transaction user, within a rate
/// of his own and one for all strangers, which those who are known do not share. What belongs to a dialog passes from
/// the hosts of that dialog; what belongs to a living transaction, from whoever began it.
public enum AdmissionPolicy: Sendable, Equatable {
    /// Everyone.
    case everyone
    /// The given addresses.
    ///
    /// `everyone` names what others may ask too: OPTIONS is answered to them with what the endpoint can do; any other
    /// method needs a transaction user, and they get 403.
    case only(Set<IPAddress>, everyone: Set<SIPMethod>)

    /// What a source is to the endpoint.
    enum Standing: Sendable {
        /// Nobody is known, or everybody.
        case anyone
        /// One of the given addresses.
        case known
        /// Any other.
        case stranger
    }

    @inline(__always)
    func standing(of source: IPAddress) -> Standing {
        switch self {
        case .everyone: .anyone
        case .only(let addresses, everyone: _): addresses.contains(source) ? .known : .stranger
        }
    }

    /// Whether strangers may ask what we can do.
    var answersInquiries: Bool {
        switch self {
        case .everyone: true
        case .only(_, everyone: let methods): methods.contains(.options)
        }
    }
}
