extension KnownHeader {
    /// The header whose name has `count` bytes, in words of eight, in small letters and with zeros behind the name.
    ///
    /// One comparison of words instead of a comparison of texts: the constants are the names, lowest byte first.
    @inline(__always)
    static func find(_ count: Int, _ first: UInt64, _ second: UInt64, _ third: UInt64) -> KnownHeader? {
        switch count {
        case 1: return KnownHeader(compact: UInt8(truncatingIfNeeded: first))
        case 2:
            switch first {
            // to
            case 0x0000_0000_0000_6F74: return .to
            default: return nil
            }
        case 3:
            switch first {
            // via
            case 0x0000_0000_0061_6976: return .via
            default: return nil
            }
        case 4:
            switch first {
            // cseq
            case 0x0000_0000_7165_7363: return .cSeq
            // date
            case 0x0000_0000_6574_6164: return .date
            // from
            case 0x0000_0000_6D6F_7266: return .from
            // join
            case 0x0000_0000_6E69_6F6A: return .join
            // path
            case 0x0000_0000_6874_6170: return .path
            // rack
            case 0x0000_0000_6B63_6172: return .rAck
            // rseq
            case 0x0000_0000_7165_7372: return .rSeq
            default: return nil
            }
        case 5:
            switch first {
            // allow
            case 0x0000_0077_6F6C_6C61: return .allow
            // event
            case 0x0000_0074_6E65_7665: return .event
            // route
            case 0x0000_0065_7475_6F72: return .route
            default: return nil
            }
        case 6:
            switch first {
            // accept
            case 0x0000_7470_6563_6361: return .accept
            // min-se
            case 0x0000_6573_2D6E_696D: return .minSE
            // reason
            case 0x0000_6E6F_7361_6572: return .reason
            // server
            case 0x0000_7265_7672_6573: return .server
            default: return nil
            }
        case 7:
            switch first {
            // call-id
            case 0x0064_692D_6C6C_6163: return .callID
            // contact
            case 0x0074_6361_746E_6F63: return .contact
            // expires
            case 0x0073_6572_6970_7865: return .expires
            // privacy
            case 0x0079_6361_7669_7270: return .privacy
            // require
            case 0x0065_7269_7571_6572: return .require
            // subject
            case 0x0074_6365_6A62_7573: return .subject
            // warning
            case 0x0067_6E69_6E72_6177: return .warning
            default: return nil
            }
        case 8:
            switch first {
            // identity
            case 0x7974_6974_6E65_6469: return .identity
            // priority
            case 0x7974_6972_6F69_7270: return .priority
            // refer-to
            case 0x6F74_2D72_6566_6572: return .referTo
            // replaces
            case 0x7365_6361_6C70_6572: return .replaces
            // reply-to
            case 0x6F74_2D79_6C70_6572: return .replyTo
            // sip-etag
            case 0x6761_7465_2D70_6973: return .sipETag
            default: return nil
            }
        case 9:
            switch first {
            // call-info
            case 0x666E_692D_6C6C_6163 where second == 0x0000_0000_0000_006F: return .callInfo
            // diversion
            case 0x6F69_7372_6576_6964 where second == 0x0000_0000_0000_006E: return .diversion
            // refer-sub
            case 0x7573_2D72_6566_6572 where second == 0x0000_0000_0000_0062: return .referSub
            // supported
            case 0x6574_726F_7070_7573 where second == 0x0000_0000_0000_0064: return .supported
            // timestamp
            case 0x6D61_7473_656D_6974 where second == 0x0000_0000_0000_0070: return .timestamp
            default: return nil
            }
        case 10:
            switch first {
            // alert-info
            case 0x6E69_2D74_7265_6C61 where second == 0x0000_0000_0000_6F66: return .alertInfo
            // error-info
            case 0x6E69_2D72_6F72_7265 where second == 0x0000_0000_0000_6F66: return .errorInfo
            // flow-timer
            case 0x6D69_742D_776F_6C66 where second == 0x0000_0000_0000_7265: return .flowTimer
            // user-agent
            case 0x6567_612D_7265_7375 where second == 0x0000_0000_0000_746E: return .userAgent
            default: return nil
            }
        case 11:
            switch first {
            // answer-mode
            case 0x6D2D_7265_7773_6E61 where second == 0x0000_0000_0065_646F: return .answerMode
            // in-reply-to
            case 0x796C_7065_722D_6E69 where second == 0x0000_0000_006F_742D: return .inReplyTo
            // min-expires
            case 0x6970_7865_2D6E_696D where second == 0x0000_0000_0073_6572: return .minExpires
            // referred-by
            case 0x6465_7272_6566_6572 where second == 0x0000_0000_0079_622D: return .referredBy
            // retry-after
            case 0x6661_2D79_7274_6572 where second == 0x0000_0000_0072_6574: return .retryAfter
            // unsupported
            case 0x726F_7070_7573_6E75 where second == 0x0000_0000_0064_6574: return .unsupported
            default: return nil
            }
        case 12:
            switch first {
            // allow-events
            case 0x7665_2D77_6F6C_6C61 where second == 0x0000_0000_7374_6E65: return .allowEvents
            // content-type
            case 0x2D74_6E65_746E_6F63 where second == 0x0000_0000_6570_7974: return .contentType
            // history-info
            case 0x2D79_726F_7473_6968 where second == 0x0000_0000_6F66_6E69: return .historyInfo
            // max-forwards
            case 0x7772_6F66_2D78_616D where second == 0x0000_0000_7364_7261: return .maxForwards
            // mime-version
            case 0x7265_762D_656D_696D where second == 0x0000_0000_6E6F_6973: return .mimeVersion
            // organization
            case 0x617A_696E_6167_726F where second == 0x0000_0000_6E6F_6974: return .organization
            // record-route
            case 0x722D_6472_6F63_6572 where second == 0x0000_0000_6574_756F: return .recordRoute
            // sip-if-match
            case 0x6D2D_6669_2D70_6973 where second == 0x0000_0000_6863_7461: return .sipIfMatch
            default: return nil
            }
        case 13:
            switch first {
            // authorization
            case 0x7A69_726F_6874_7561 where second == 0x0000_006E_6F69_7461: return .authorization
            // proxy-require
            case 0x6572_2D79_786F_7270 where second == 0x0000_0065_7269_7571: return .proxyRequire
            // service-route
            case 0x2D65_6369_7672_6573 where second == 0x0000_0065_7475_6F72: return .serviceRoute
            default: return nil
            }
        case 14:
            switch first {
            // accept-contact
            case 0x632D_7470_6563_6361 where second == 0x0000_7463_6174_6E6F: return .acceptContact
            // content-length
            case 0x2D74_6E65_746E_6F63 where second == 0x0000_6874_676E_656C: return .contentLength
            // reject-contact
            case 0x632D_7463_656A_6572 where second == 0x0000_7463_6174_6E6F: return .rejectContact
            default: return nil
            }
        case 15:
            switch first {
            // accept-encoding
            case 0x652D_7470_6563_6361 where second == 0x0067_6E69_646F_636E: return .acceptEncoding
            // accept-language
            case 0x6C2D_7470_6563_6361 where second == 0x0065_6761_7567_6E61: return .acceptLanguage
            // remote-party-id
            case 0x702D_6574_6F6D_6572 where second == 0x0064_692D_7974_7261: return .remotePartyID
            // session-expires
            case 0x2D6E_6F69_7373_6573 where second == 0x0073_6572_6970_7865: return .sessionExpires
            default: return nil
            }
        case 16:
            switch second {
            // content-encoding
            case 0x676E_6964_6F63_6E65 where first == 0x2D74_6E65_746E_6F63: return .contentEncoding
            // content-language
            case 0x6567_6175_676E_616C where first == 0x2D74_6E65_746E_6F63: return .contentLanguage
            // p-associated-uri
            case 0x6972_752D_6465_7461 where first == 0x6963_6F73_7361_2D70: return .pAssociatedURI
            // www-authenticate
            case 0x6574_6163_6974_6E65 where first == 0x6874_7561_2D77_7777: return .wwwAuthenticate
            default: return nil
            }
        case 17:
            switch first {
            // p-called-party-id
            case 0x6465_6C6C_6163_2D70 where second == 0x692D_7974_7261_702D && third == 0x0000_0000_0000_0064:
                return .pCalledPartyID
            default: return nil
            }
        case 18:
            switch first {
            // proxy-authenticate
            case 0x7561_2D79_786F_7270 where second == 0x6163_6974_6E65_6874 && third == 0x0000_0000_0000_6574:
                return .proxyAuthenticate
            // subscription-state
            case 0x7069_7263_7362_7573 where second == 0x6174_732D_6E6F_6974 && third == 0x0000_0000_0000_6574:
                return .subscriptionState
            default: return nil
            }
        case 19:
            switch first {
            // authentication-info
            case 0x6974_6E65_6874_7561 where second == 0x692D_6E6F_6974_6163 && third == 0x0000_0000_006F_666E:
                return .authenticationInfo
            // content-disposition
            case 0x2D74_6E65_746E_6F63 where second == 0x7469_736F_7073_6964 && third == 0x0000_0000_006E_6F69:
                return .contentDisposition
            // p-asserted-identity
            case 0x7472_6573_7361_2D70 where second == 0x746E_6564_692D_6465 && third == 0x0000_0000_0079_7469:
                return .pAssertedIdentity
            // proxy-authorization
            case 0x7561_2D79_786F_7270 where second == 0x7461_7A69_726F_6874 && third == 0x0000_0000_006E_6F69:
                return .proxyAuthorization
            // request-disposition
            case 0x2D74_7365_7571_6572 where second == 0x7469_736F_7073_6964 && third == 0x0000_0000_006E_6F69:
                return .requestDisposition
            default: return nil
            }
        case 20:
            switch first {
            // p-preferred-identity
            case 0x7265_6665_7270_2D70 where second == 0x6E65_6469_2D64_6572 && third == 0x0000_0000_7974_6974:
                return .pPreferredIdentity
            default: return nil
            }
        case 21:
            switch first {
            // p-access-network-info
            case 0x7373_6563_6361_2D70 where second == 0x6B72_6F77_7465_6E2D && third == 0x0000_006F_666E_692D:
                return .pAccessNetworkInfo
            default: return nil
            }
        default: return nil
        }
    }
}
