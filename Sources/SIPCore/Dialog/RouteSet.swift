/// The proxies that every request of a dialog must visit, in order (RFC 3261 section 12.1).
///
/// A request is built from it by section 12.2.1.1: loosely when the first proxy says `lr`, strictly when it does not. The
/// strict form is not history: a 3CX SBC records a route without `lr`.
public struct RouteSet: Hashable, Sendable {
    /// The routes in the order in which a request of ours visits them.
    public let routes: [NameAddress]

    /// Makes a route set of given routes: an outbound proxy, for example.
    public init(_ routes: [NameAddress] = []) {
        self.routes = routes
    }

    /// The route set of the side that received `request`: its Record-Route in order (RFC 3261 section 12.1.1).
    public init(recordedIn request: SIPMessage) {
        self.routes = request.recordRoutes
    }

    /// The route set of the side that sent the request of `response`: its Record-Route reversed (RFC 3261 section 12.1.2).
    public init(answeredBy response: SIPMessage) {
        self.routes = response.recordRoutes.reversed()
    }

    /// Whether there is no route, so that requests go straight to the remote target.
    public var isEmpty: Bool {
        self.routes.isEmpty
    }

    /// How a request to `remoteTarget` is addressed (RFC 3261 section 12.2.1.1).
    public func addressing(of remoteTarget: SIPURI) -> Addressing {
        guard let first = self.routes.first else {
            let uri = remoteTarget.asRequestURI
            return Addressing(requestURI: uri, routes: [], nextHop: uri)
        }
        if first.uri.isLooseRouter {
            return Addressing(
                requestURI: remoteTarget.asRequestURI,
                routes: self.routes.map { $0.description },
                nextHop: first.uri
            )
        }
        // A strict router takes its own address out of the Request-URI and puts the next Route there, so that the remote
        // target must stand last.
        let uri = first.uri.asRequestURI
        let target = NameAddress(uri: remoteTarget)
        return Addressing(
            requestURI: uri,
            routes: self.routes.dropFirst().map { $0.description } + [target.description],
            nextHop: uri
        )
    }

    /// Where a request goes and what it says about it.
    public struct Addressing: Sendable {
        /// The Request-URI.
        public let requestURI: SIPURI
        /// The values of the Route header, in order.
        public let routes: [String]
        /// The URI whose host the request is sent to.
        public let nextHop: SIPURI
    }
}

extension SIPURI {
    /// The URI without the parts that a Request-URI cannot have (RFC 3261 section 19.1.1, table 1).
    var asRequestURI: SIPURI {
        var uri = self
        uri.headers = nil
        uri.parameters.remove("method")
        return uri
    }
}
