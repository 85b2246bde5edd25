public import AsyncHTTPClient
import NIOCore

extension HTTPClient.Configuration {
    /// What suits the one client that all stages share.
    ///
    /// A backend that is down is told at once (no retries behind our back) and found again as soon as it is up; no
    /// redirect carries a key elsewhere; a connection is dropped before the five seconds after which uvicorn, which
    /// most speech servers use, closes it, since a request sent into that moment would be lost.
    public static var stages: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(3)
        configuration.connectionPool.idleTimeout = .seconds(4)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.httpVersion = .http1Only
        return configuration
    }
}
