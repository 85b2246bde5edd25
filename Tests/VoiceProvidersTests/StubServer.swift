import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import VoiceProviders

/// A tiny HTTP/1.1 server on 127.0.0.1 whose answers are scripts: what is sent, and in which pieces.
final class StubServer: Sendable {
    /// What a client asked.
    struct Request: Sendable {
        var method: HTTPMethod
        var path: String
        var headers: HTTPHeaders
        var body: [UInt8]

        var text: String { String(decoding: self.body, as: UTF8.self) }
        func header(_ name: String) -> String? { self.headers.first(name: name) }
    }

    /// One thing that the server does in its answer.
    enum Step: Sendable {
        /// The status and the headers; the body is chunked unless a length is among them.
        case head(Int, [String: String])
        /// A piece of the body, flushed by itself.
        case bytes([UInt8])
        /// The proper end of the answer.
        case end
        /// The connection breaks.
        case abort

        static func text(_ text: String) -> Step { .bytes(Array(text.utf8)) }
    }

    /// Gives the steps of an answer; when neither `end` nor `abort` is among them, the answer never ends.
    typealias Script = @Sendable (Request) -> [Step]

    private let channel: any Channel
    private let recorded: Mutex<[Request]>
    private let closures: AsyncStream<Void>

    /// Where the server is.
    let address: ServerAddress
    /// What was asked so far.
    var requests: [Request] { self.recorded.withLock { $0 } }

    private init(channel: any Channel, address: ServerAddress, closures: AsyncStream<Void>, log: Log) {
        self.channel = channel
        self.address = address
        self.closures = closures
        self.recorded = Mutex([])
        log.server.withLock { $0 = self }
    }

    private final class Log: Sendable {
        let server = Mutex<StubServer?>(nil)
        let closed: AsyncStream<Void>.Continuation
        init(closed: AsyncStream<Void>.Continuation) { self.closed = closed }
    }

    /// Serves by a script while `body` runs.
    static func run<Result>(
        _ script: @escaping Script,
        _ body: (StubServer) async throws -> Result
    ) async throws -> Result {
        let (closures, closed) = AsyncStream.makeStream(of: Void.self)
        let log = Log(closed: closed)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(Handler(script: script, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port, let address = ServerAddress("http://127.0.0.1:\(port)") else {
            throw ChannelError.unknownLocalAddress
        }
        let server = StubServer(channel: channel, address: address, closures: closures, log: log)
        defer {
            log.server.withLock { $0 = nil }
            channel.close(promise: nil)
        }
        return try await body(server)
    }

    /// Returns when a connection was closed whose answer was not complete.
    func connectionWasCut() async {
        for await _ in self.closures { return }
    }

    fileprivate func record(_ request: Request) {
        self.recorded.withLock { $0.append(request) }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let script: Script
        private let log: Log
        private var request: Request?
        private var isAnswering = false

        init(script: @escaping Script, log: Log) {
            self.script = script
            self.log = log
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head):
                self.request = Request(method: head.method, path: head.uri, headers: head.headers, body: [])
            case .body(let buffer):
                self.request?.body += buffer.readableBytesView
            case .end:
                guard let request = self.request else { return }
                self.log.server.withLock { $0 }?.record(request)
                self.isAnswering = true
                for step in self.script(request) { self.take(step, context) }
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            if self.isAnswering { self.log.closed.yield() }
            context.fireChannelInactive()
        }

        private func take(_ step: Step, _ context: ChannelHandlerContext) {
            switch step {
            case .head(let status, let headers):
                let fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
                context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
            case .bytes(let bytes):
                let buffer = context.channel.allocator.buffer(bytes: bytes)
                context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
            case .end:
                self.isAnswering = false
                context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            case .abort:
                self.isAnswering = false
                context.close(promise: nil)
            }
        }
    }
}

extension [StubServer.Step] {
    /// A complete answer.
    static func answer(
        _ body: String,
        status: Int = 200,
        type: String = "application/json",
        headers: [String: String] = [:]
    ) -> [StubServer.Step] {
        var all = headers
        all["Content-Type"] = type
        return [.head(status, all), .text(body), .end]
    }
}
