import CallCore
import CoreTypes
import NIOPosix
import SIPCore

extension UserAgent {
    /// Binds the socket, puts the engine on it and adds the accounts.
    func open() async throws -> Running {
        let configuration = self.configuration
        var registrars: [[TransportAddress]] = []
        for identity in configuration.identities {
            registrars.append(try await Self.find(identity.addressOfRecord))
        }
        let bound = configuration.transport
        let any: IPAddress = registrars.first?.first?.host.isIPv6 == true ? .v6(0, 0) : .v4(0)
        let bindAddress = TransportAddress(host: bound.host ?? any, port: bound.port)
        let fixed = configuration.advertisedAddress ?? bound.host.flatMap { $0.isUnspecified ? nil : $0 }
        let socket = try await SignalingSocket.bind(
            self.makeEngine(),
            to: bindAddress,
            advertising: fixed,
            trace: configuration.trace,
            on: self.loop,
            grace: configuration.failureGrace,
            handleEvents: { [weak self] engine, _ in
                while let event = engine.pollEvent() { self?.handle(event) }
            }
        )
        let accounts = Array(zip(configuration.identities, registrars))
        return try await socket.perform { engine, runner, now in
            var identities: [IdentityID] = []
            var destinations: [Destination] = []
            for (identity, addresses) in accounts {
                guard let address = addresses.first else { continue }
                let destination = Destination(address: address, binding: runner.binding(for: address))
                destinations.append(destination)
                // Registering waits until somebody serves the calls that it brings.
                identities.append(
                    engine.add(
                        identity,
                        at: destination,
                        alternatives: Array(addresses.dropFirst()),
                        registers: false,
                        now: now
                    )
                )
            }
            return Running(
                socket: socket,
                identities: identities,
                destinations: destinations,
                localAddress: TransportAddress(
                    host: destinations.first?.binding.address.host ?? fixed ?? bindAddress.host,
                    port: socket.localAddress.port
                )
            )
        }
    }

    private func makeEngine() -> AgentEngine {
        AgentEngine(
            configuration: AgentEngine.Configuration(
                productName: self.configuration.productName,
                codecs: self.configuration.codecs,
                opusComplexity: self.configuration.opusComplexity,
                peers: self.configuration.peers,
                domains: self.configuration.domains,
                maximumCalls: self.configuration.maximumCalls,
                timers: self.configuration.timers
            ),
            random: .system()
        )
    }

    /// Where the host of a URI is; a task that is cancelled does not wait for a name server that is silent.
    private static func find(_ uri: SIPURI) async throws -> [TransportAddress] {
        let lookup = Milestone<Result<[TransportAddress], any Error>>()
        Task {
            do { lookup.reach(.success(try await self.addresses(of: uri))) } catch { lookup.reach(.failure(error)) }
        }
        guard let found = await lookup.wait() else { throw CancellationError() }
        return try found.get()
    }

    /// Where the host of a URI is: the preferred address.
    static func resolve(_ uri: SIPURI) async throws -> TransportAddress {
        guard let address = try await self.addresses(of: uri).first else {
            throw TelephonyError.nameNotFound(host: uri.host, reason: "no address")
        }
        return address
    }

    /// Where the host of a URI is: its addresses of one family, the preferred first, never none. Names are looked up on a
    /// thread that may block.
    private static func addresses(of uri: SIPURI) async throws -> [TransportAddress] {
        let port = uri.port ?? 5_060
        let host = uri.host
        if let literal = IPAddress(host) { return [TransportAddress(host: literal, port: port)] }
        do {
            let found = try await NIOThreadPool.singleton.runIfActive { try LocalRoute.addresses(of: host) }
            guard let first = found.first else { throw NameNotFound(host: host, reason: "no address") }
            // One socket speaks one family.
            let usable = found.filter { $0.isIPv6 == first.isIPv6 }.prefix(TargetList.limit)
            return usable.map { TransportAddress(host: $0, port: port) }
        } catch let error as NameNotFound {
            throw TelephonyError.nameNotFound(host: error.host, reason: error.reason)
        }
    }
}

extension UserAgent.Running {
    /// Ends `calls`, unregisters, and closes the socket when the PBX has answered, or after two seconds.
    ///
    /// In a task of its own: a task that is cancelled does it too, and does not spin.
    func leave(_ calls: [CallID]) async {
        await Task {
            self.socket.post { engine, now in
                for call in calls { engine.hangUp(call, now: now) }
                for identity in self.identities { engine.unregister(identity, now: now) }
            }
            let deadline = ContinuousClock.now + .seconds(2)
            while ContinuousClock.now < deadline {
                let gauges = (try? await self.socket.perform { engine, _, _ in engine.gauges }) ?? AgentGauges()
                // Transactions that only absorb retransmissions need not be waited for.
                if gauges.calls == 0, gauges.dialogs == 0, gauges.registrations == 0 { break }
                try? await Task.sleep(for: .milliseconds(20))
            }
            await self.socket.close()
        }.value
    }
}

extension AgentEngine: SignalingEngine {}
