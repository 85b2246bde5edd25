import CallCore
import CoreTypes
import Synchronization

/// What the engine tells, on its event loop.
extension UserAgent {
    func handle(_ event: AgentEvent) {
        switch event {
        case .incoming(let id, let info): self.handleIncoming(id, info)
        case .ringing(let id, let status): self.control(id)?.handleRinging(status: status)
        case .answered(let id, let answeredBy): self.control(id)?.handleAnswered(answeredBy)
        case .media(let id, let parameters): self.control(id)?.handleMedia(parameters)
        case .mediaEnded(let id): self.control(id)?.handleMediaEnded()
        case .identityChanged(let id, let party): self.control(id)?.handleParty(party)
        case .unanswered(let id): self.control(id)?.handleUnanswered()
        case .ended(let id, let reason): self.handleEnded(id, reason)
        case .registered, .registrationFailed, .bindings, .unregistered, .refused, .callRefused:
            self.events.append(event)
        }
    }

    private func control(_ id: CallID) -> CallControl? {
        self.state.withLock { $0.calls[id] }
    }

    private func handleIncoming(_ id: CallID, _ info: IncomingCallInfo) {
        let control = CallControl(
            id: id,
            incoming: info,
            party: info.caller,
            socket: nil,
            recorder: nil,
            commands: self.callCommands
        )
        let waiting = WaitingCall(info: info, control: control)
        let refusal: Int? = self.state.withLock { state in
            // It came before the engine heard that no more are taken.
            guard state.accepts else { return 503 }
            guard let queue = state.queue else {
                guard state.parks, state.parked.count < self.configuration.maximumCalls else { return 480 }
                state.calls[id] = control
                state.parked.append(waiting)
                return nil
            }
            state.calls[id] = control
            guard case .enqueued = queue.yield(waiting) else {
                // The server is full, or takes no more.
                state.calls[id] = nil
                return 503
            }
            return nil
        }
        if let refusal { self.reject(id, status: refusal) }
    }

    private func handleEnded(_ id: CallID, _ reason: CallEndReason) {
        let (control, emptiness) = self.state.withLock { state -> (CallControl?, Milestone<Void>?) in
            let control = state.calls.removeValue(forKey: id)
            state.parked.removeAll { $0.control.id == id }
            guard state.calls.isEmpty else { return (control, nil) }
            defer { state.emptiness = nil }
            return (control, state.emptiness)
        }
        control?.handleEnded(reason)
        emptiness?.reach()
    }

    var callCommands: CallControl.Commands {
        CallControl.Commands(
            hangUp: { [weak self] id, reason in
                self?.post { engine, now in
                    if let reason { engine.hangUp(id, reason: reason, now: now) } else { engine.hangUp(id, now: now) }
                }
            },
            giveUp: { [weak self] id in self?.post { engine, now in engine.giveUp(id, now: now) } },
            hold: { [weak self] id, isHolding in
                guard let socket = self?.running?.socket else { return false }
                let command: @Sendable (inout AgentEngine, Instant) -> Bool = { $0.hold(id, isHolding, now: $1) }
                return (try? await socket.perform { engine, _, now in command(&engine, now) }) ?? false
            },
            mediaLoops: self.mediaLoops,
            ports: self.ports
        )
    }
}
