public import AsyncHTTPClient

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
