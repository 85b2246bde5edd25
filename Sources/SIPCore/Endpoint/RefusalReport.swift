public import CoreTypes

/// Why the endpoint refused a request without asking its transaction user.
public enum RefusalReason: Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// The source is none of those that may send this.
    case stranger
    /// The bytes are no message that can be used.
    case malformed
    /// The method is not served (405) or not known (501).
    case method
    /// The Request-URI has a scheme that is not served (416).
    case scheme
    /// The same request came already by another way (482, RFC 3261 section 8.2.2.2).
    case merged
    /// An extension is required that is not supported (420).
    case `extension`
    /// The body, or what the response must not have as its body (406, 415, 400).
    case body
    /// The To tag names no dialog of ours (481).
    case unknownDialog
    /// A CANCEL of a request that is not there (481).
    case nothingToCancel
    /// There is no room for the request at the moment (503, 500).
    case overload

    /// A few words for a log.
    public var description: String {
        switch self {
        case .stranger: "not one of our PBXs or peers"
        case .malformed: "malformed"
        case .method: "the method is not served"
        case .scheme: "the scheme of the Request-URI is not served"
        case .merged: "the same request came by another way"
        case .extension: "it requires an extension that is not supported"
        case .body: "the body is not one that can be read or answered"
        case .unknownDialog: "the dialog is not known"
        case .nothingToCancel: "there is nothing to cancel"
        case .overload: "too many requests at once"
        }
    }
}

/// Refusals of one source, or of many that are not kept apart.
public struct RefusalReport: Hashable, Sendable {
    /// Where the latest came from; `nil` for other sources than those that are reported one by one.
    public var source: TransportAddress?
    /// The method of the latest; `nil` when it could not be read, and for other sources.
    public var method: SIPMethod?
    /// The status of the latest.
    public var status: Int
    /// Why the latest was refused.
    public var reason: RefusalReason
    /// Whether the latest was answered, which the rates may forbid.
    public var isAnswered: Bool
    /// How many were refused since the last report.
    public var count = 1

    /// Makes a report of one refusal.
    public init(
        source: TransportAddress?,
        method: SIPMethod?,
        status: Int,
        reason: RefusalReason,
        isAnswered: Bool
    ) {
        self.source = source
        self.method = method
        self.status = status
        self.reason = reason
        self.isAnswered = isAnswered
    }
}
