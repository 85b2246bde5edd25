extension Call {
    /// Holds the call by a re-INVITE: we go on sending, and hear nothing until ``resume()`` (RFC 3264 section 8.4).
    ///
    /// Returns when the re-INVITE has left. The other side may refuse it; then the call goes on as it was. ``media``
    /// tells what was agreed on.
    /// - Returns: `false` when nothing was sent: another re-INVITE is on its way, or the call is not up.
    @discardableResult
    public func hold() async -> Bool {
        await self.control.hold(true)
    }

    /// Takes the call back from ``hold()``.
    ///
    /// - Returns: `false` when nothing was sent: another re-INVITE is on its way, or the call is not up.
    @discardableResult
    public func resume() async -> Bool {
        await self.control.hold(false)
    }
}
