extension KnownHeader {
    /// The header whose name has `count` bytes: its first eight in `first`, when it has more its last eight in `last`,
    /// when it has more than sixteen the second eight in `middle`; all in small letters, what is missing 0.
    ///
    /// One comparison of words instead of a comparison of texts: the constants are the names, lowest byte first.
    static func find(_ count: Int, _ first: UInt64, _ middle: UInt64, _ last: UInt64) -> KnownHeader? {
        switch count {
        case 1: return KnownHeader(compact: UInt8(truncatingIfNeeded: first))
        case 2:
            switch first {
            case 0x0000_0000_0000_6F74: return .to
            default: return nil
            }
        case 3:
            switch first {
            case 0x0000_0000_0061_6976: return .via
            default: return nil
            }
        case 4:
            switch first {
            case 0x0000_0000_7165_7363: return .cSeq
            case 0x0000_0000_6574_6164: return .date
            case 0x0000_0000_6D6F_7266: return .from
            case 0x0000_0000_6E69_6F6A: return .join
            case 0x0000_0000_6874_6170: return .path
            case 0x0000_0000_6B63_6172: return .rAck
            case 0x0000_0000_7165_7372: return .rSeq
            default: return nil
            }
        case 5:
            switch first {
            case 0x0000_0077_6F6C_6C61: return .allow
            case 0x0000_0074_6E65_7665: return .event
            case 0x0000_0065_7475_6F72: return .route
            default: return nil
            }
        case 6:
            switch first {
            case 0x0000_7470_6563_6361: return .accept
            case 0x0000_6573_2D6E_696D: return .minSE
            case 0x0000_6E6F_7361_6572: return .reason
            case 0x0000_7265_7672_6573: return .server
            default: return nil
            }
        case 7:
            switch first {
            case 0x0064_692D_6C6C_6163: return .callID
            case 0x0074_6361_746E_6F63: return .contact
            case 0x0073_6572_6970_7865: return .expires
            case 0x0079_6361_7669_7270: return .privacy
            case 0x0065_7269_7571_6572: return .require
            case 0x0074_6365_6A62_7573: return .subject
            case 0x0067_6E69_6E72_6177: return .warning
            default: return nil
            }
        case 8:
            switch first {
            case 0x7974_6974_6E65_6469: return .identity
            case 0x7974_6972_6F69_7270: return .priority
            case 0x6F74_2D72_6566_6572: return .referTo
            case 0x7365_6361_6C70_6572: return .replaces
            case 0x6F74_2D79_6C70_6572: return .replyTo
            case 0x6761_7465_2D70_6973: return .sipETag
            default: return nil
            }
        case 9:
            switch first {
            case 0x666E_692D_6C6C_6163 where last == 0x6F66_6E69_2D6C_6C61: return .callInfo
            case 0x6F69_7372_6576_6964 where last == 0x6E6F_6973_7265_7669: return .diversion
            case 0x7573_2D72_6566_6572 where last == 0x6275_732D_7265_6665: return .referSub
            case 0x6574_726F_7070_7573 where last == 0x6465_7472_6F70_7075: return .supported
            case 0x6D61_7473_656D_6974 where last == 0x706D_6174_7365_6D69: return .timestamp
            default: return nil
            }
        case 10:
            switch first {
            case 0x6E69_2D74_7265_6C61 where last == 0x6F66_6E69_2D74_7265: return .alertInfo
            case 0x6E69_2D72_6F72_7265 where last == 0x6F66_6E69_2D72_6F72: return .errorInfo
            case 0x6D69_742D_776F_6C66 where last == 0x7265_6D69_742D_776F: return .flowTimer
            case 0x6567_612D_7265_7375 where last == 0x746E_6567_612D_7265: return .userAgent
            default: return nil
            }
        case 11:
            switch first {
            case 0x6D2D_7265_7773_6E61 where last == 0x6564_6F6D_2D72_6577: return .answerMode
            case 0x796C_7065_722D_6E69 where last == 0x6F74_2D79_6C70_6572: return .inReplyTo
            case 0x6970_7865_2D6E_696D where last == 0x7365_7269_7078_652D: return .minExpires
            case 0x6465_7272_6566_6572 where last == 0x7962_2D64_6572_7265: return .referredBy
            case 0x6661_2D79_7274_6572 where last == 0x7265_7466_612D_7972: return .retryAfter
            case 0x726F_7070_7573_6E75 where last == 0x6465_7472_6F70_7075: return .unsupported
            default: return nil
            }
        case 12:
            switch first {
            case 0x7665_2D77_6F6C_6C61 where last == 0x7374_6E65_7665_2D77: return .allowEvents
            case 0x2D74_6E65_746E_6F63 where last == 0x6570_7974_2D74_6E65: return .contentType
            case 0x2D79_726F_7473_6968 where last == 0x6F66_6E69_2D79_726F: return .historyInfo
            case 0x7772_6F66_2D78_616D where last == 0x7364_7261_7772_6F66: return .maxForwards
            case 0x7265_762D_656D_696D where last == 0x6E6F_6973_7265_762D: return .mimeVersion
            case 0x617A_696E_6167_726F where last == 0x6E6F_6974_617A_696E: return .organization
            case 0x722D_6472_6F63_6572 where last == 0x6574_756F_722D_6472: return .recordRoute
            case 0x6D2D_6669_2D70_6973 where last == 0x6863_7461_6D2D_6669: return .sipIfMatch
            default: return nil
            }
        case 13:
            switch first {
            case 0x7A69_726F_6874_7561 where last == 0x6E6F_6974_617A_6972: return .authorization
            case 0x6572_2D79_786F_7270 where last == 0x6572_6975_7165_722D: return .proxyRequire
            case 0x2D65_6369_7672_6573 where last == 0x6574_756F_722D_6563: return .serviceRoute
            default: return nil
            }
        case 14:
            switch first {
            case 0x632D_7470_6563_6361 where last == 0x7463_6174_6E6F_632D: return .acceptContact
            case 0x2D74_6E65_746E_6F63 where last == 0x6874_676E_656C_2D74: return .contentLength
            case 0x632D_7463_656A_6572 where last == 0x7463_6174_6E6F_632D: return .rejectContact
            default: return nil
            }
        case 15:
            switch first {
            case 0x652D_7470_6563_6361 where last == 0x676E_6964_6F63_6E65: return .acceptEncoding
            case 0x6C2D_7470_6563_6361 where last == 0x6567_6175_676E_616C: return .acceptLanguage
            case 0x702D_6574_6F6D_6572 where last == 0x6469_2D79_7472_6170: return .remotePartyID
            case 0x2D6E_6F69_7373_6573 where last == 0x7365_7269_7078_652D: return .sessionExpires
            default: return nil
            }
        case 16:
            switch last {
            case 0x676E_6964_6F63_6E65 where first == 0x2D74_6E65_746E_6F63: return .contentEncoding
            case 0x6567_6175_676E_616C where first == 0x2D74_6E65_746E_6F63: return .contentLanguage
            case 0x6972_752D_6465_7461 where first == 0x6963_6F73_7361_2D70: return .pAssociatedURI
            case 0x6574_6163_6974_6E65 where first == 0x6874_7561_2D77_7777: return .wwwAuthenticate
            default: return nil
            }
        case 17:
            switch first {
            case 0x6465_6C6C_6163_2D70 where last == 0x6469_2D79_7472_6170 && middle == 0x692D_7974_7261_702D:
                return .pCalledPartyID
            default: return nil
            }
        case 18:
            switch first {
            case 0x7561_2D79_786F_7270 where last == 0x6574_6163_6974_6E65 && middle == 0x6163_6974_6E65_6874:
                return .proxyAuthenticate
            case 0x7069_7263_7362_7573 where last == 0x6574_6174_732D_6E6F && middle == 0x6174_732D_6E6F_6974:
                return .subscriptionState
            default: return nil
            }
        case 19:
            switch first {
            case 0x6974_6E65_6874_7561 where last == 0x6F66_6E69_2D6E_6F69 && middle == 0x692D_6E6F_6974_6163:
                return .authenticationInfo
            case 0x2D74_6E65_746E_6F63 where last == 0x6E6F_6974_6973_6F70 && middle == 0x7469_736F_7073_6964:
                return .contentDisposition
            case 0x7472_6573_7361_2D70 where last == 0x7974_6974_6E65_6469 && middle == 0x746E_6564_692D_6465:
                return .pAssertedIdentity
            case 0x7561_2D79_786F_7270 where last == 0x6E6F_6974_617A_6972 && middle == 0x7461_7A69_726F_6874:
                return .proxyAuthorization
            case 0x2D74_7365_7571_6572 where last == 0x6E6F_6974_6973_6F70 && middle == 0x7469_736F_7073_6964:
                return .requestDisposition
            default: return nil
            }
        case 20:
            switch first {
            case 0x7265_6665_7270_2D70 where last == 0x7974_6974_6E65_6469 && middle == 0x6E65_6469_2D64_6572:
                return .pPreferredIdentity
            default: return nil
            }
        case 21:
            switch first {
            case 0x7373_6563_6361_2D70 where last == 0x6F66_6E69_2D6B_726F && middle == 0x6B72_6F77_7465_6E2D:
                return .pAccessNetworkInfo
            default: return nil
            }
        default: return nil
        }
    }
}
