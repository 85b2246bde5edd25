extension InviteSession {
    /// What a session says about itself and how it counts time; a value, the same for all sessions of an agent.
    public struct Capabilities: Sendable {
        /// The methods of the Allow header, in order.
        public var allow: [SIPMethod]
        /// The option tags of the Supported header; empty leaves it out.
        public var supported: [String]
        /// Further headers of INVITE, re-INVITE, UPDATE and of our 2xx to them.
        public var headers: [(HeaderName, String)]
        /// Methods within the dialog that the application answers itself, by `.request`; others are answered by the session.
        public var passedMethods: Set<SIPMethod>
        /// T1 and T2 for the retransmission of a 2xx.
        public var timers: TimerSettings

        /// Makes capabilities with what a plain session can do.
        public init(
            allow: [SIPMethod] = [.invite, .ack, .cancel, .bye, .options, .info, .update, .notify],
            supported: [String] = [],
            headers: [(HeaderName, String)] = [],
            passedMethods: Set<SIPMethod> = [],
            timers: TimerSettings = TimerSettings()
        ) {
            self.allow = allow
            self.supported = supported
            self.headers = headers
            self.passedMethods = passedMethods
            self.timers = timers
        }
    }
}
