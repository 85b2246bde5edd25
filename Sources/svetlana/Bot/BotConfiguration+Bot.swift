import CallCore
import CoreTypes
import Foundation
import HouseRules
import LocalSpeech
import Logging
import RTPCore
import SIPCore
import Telephony
import VoicePipeline

/// The configuration in the words of the libraries.
extension BotConfiguration {
    /// The telephone; `port` and `expires` replace what the file says, for probes and calls beside a bot.
    func userAgentConfiguration(port: UInt16? = nil, expires: Duration? = nil) throws -> UserAgentConfiguration {
        var identities: [Identity] = []
        if let pbx = self.sip.pbx {
            let address = SIPURI(user: self.sip.extension, host: pbx.host, port: pbx.port)
            identities.append(
                Identity(
                    addressOfRecord: address,
                    displayName: self.sip.displayName,
                    credentials: self.credentials,
                    realms: self.sip.realms,
                    registration: self.sip.register ? .enabled(expires: expires ?? self.sip.expires) : .disabled
                )
            )
        } else if let address = self.account {
            identities.append(
                Identity(
                    addressOfRecord: address,
                    displayName: self.sip.displayName,
                    credentials: self.credentials,
                    realms: self.sip.realms
                )
            )
        }
        var configuration = UserAgentConfiguration(
            transport: .udp(host: self.sip.localAddress.flatMap { IPAddress($0) }, port: port ?? self.sip.port),
            identities: identities,
            peers: self.trunk.peers.compactMap { IPAddress($0) ?? TransportAddress($0)?.host },
            domains: self.sip.domains,
            codecs: self.sip.codecs.map { codec in
                switch codec {
                case .opus: .opus
                case .g722: .g722
                case .pcmu: .pcmu
                case .pcma: .pcma
                case .l16: .l16Wideband
                }
            },
            rtpPorts: self.sip.rtpPorts,
            advertisedAddress: self.sip.publicAddress.flatMap { IPAddress($0) },
            productName: Product.name
        )
        // A conversation brings stages of many makers: none of them is to keep the messages of other calls waiting.
        configuration.handlers = .onCallerExecutor
        return configuration
    }

    /// The address that the bot calls from; `nil` when there is nothing to call through.
    var account: SIPURI? {
        if let pbx = self.sip.pbx { return SIPURI(user: self.sip.extension, host: pbx.host, port: pbx.port) }
        // A trunk without registration: calls that we place go to its first peer.
        guard let peer = self.trunk.peers.first else { return nil }
        let whole = TransportAddress(peer)
        guard let host = whole?.host ?? IPAddress(peer) else { return nil }
        return SIPURI(user: self.sip.extension ?? "svetlana", host: host.hostText, port: whole?.port)
    }

    private var credentials: DigestCredentials? {
        guard let password = self.sip.password, let username = self.sip.username else { return nil }
        return DigestCredentials(username: username, password: password.revealed)
    }

    /// The conversation.
    var conversationSettings: ConversationSettings {
        var settings = ConversationSettings()
        settings.greeting = self.conversation.greeting
        settings.phrases = .svetlana
        settings.endpointing.endOfTurnSilence = self.conversation.endOfTurnSilence
        settings.maximumLength = self.conversation.maximumLength
        settings.noInputAfter = self.conversation.noInputAfter
        settings.bargeIn.isEnabled = self.conversation.bargeIn
        // A second above what the stages allow themselves, so that it is they who say what went wrong; but never longer
        // than a caller should wait: these limits are hard, whatever a server is given.
        let grace: Duration = .seconds(1)
        let hard = StageDeadlines()
        settings.deadlines.transcription = min(self.speechToText.timeout + grace, hard.transcription)
        settings.deadlines.firstReplyPart = min(self.model.firstWordTimeout + grace, hard.firstReplyPart)
        settings.deadlines.replyStall = min(self.model.pauseTimeout + grace, hard.replyStall)
        settings.deadlines.replyTotal = self.model.timeout + grace
        settings.deadlines.textToSpeech = min(self.textToSpeech.timeout + grace, hard.textToSpeech)
        return settings
    }
}

extension Bot {
    /// How the bot is doing, in sentences for the built-in model.
    func modelStatus() async -> HouseModel.Status {
        let status = await self.status()
        var problems: [String] = []
        if status.registersAtAll, !status.isRegistered {
            problems.append("I am not registered with the phone system.")
        }
        return HouseModel.Status(uptime: .seconds(status.uptime), calls: status.callsServed, problems: problems)
    }
}

extension ConversationPhrases {
    /// What Svetlana says by herself.
    static var svetlana: ConversationPhrases {
        var phrases = ConversationPhrases()
        phrases.speechToTextApology = "I am sorry, something is wrong with my hearing. Please say that again."
        phrases.modelApology = "I am sorry, I cannot reach my brain right now. Please try again in a moment."
        phrases.failureFarewell = "I am sorry, I am not well at the moment. Please call again later. Goodbye."
        phrases.names = ["svetlana"]
        return phrases
    }
}
