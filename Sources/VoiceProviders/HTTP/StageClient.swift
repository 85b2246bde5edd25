public import AsyncHTTPClient
import NIOCore

/// Makes the one HTTP client that all stages share, lets it be used, and shuts it down afterwards.
///
/// Requests that are still under way when `body` returns are cancelled.
public func withStageClient<Result>(_ body: (HTTPClient) async throws -> Result) async throws -> Result {
    let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: .stages)
    do {
        let result = try await body(client)
        try await client.shutdown()
        return result
    } catch {
        // What went wrong in the body matters more than a client that does not shut down cleanly.
        try? await client.shutdown()
        throw error
    }
}

extension HTTPClient.Configuration {
    /// What suits the one client that all stages share.
    ///
    /// A backend that is down is reported at once (no retries behind our back) and found again as soon as it is up; no
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
