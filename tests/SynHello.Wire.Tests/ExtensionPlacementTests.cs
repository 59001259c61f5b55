using Context = SynHello.Wire.HandshakeContext;

namespace SynHello.Wire.Tests;

public sealed class ExtensionPlacementTests
{
    private static readonly Context[] _contexts =
    [
        Context.ClientHello,
        Context.ServerHello,
        Context.HelloRetryRequest,
        Context.EncryptedExtensions,
        Context.Certificate,
        Context.CertificateRequest,
        Context.NewSessionTicket,
        Context.Tls12ServerHello,
    ];

    /// <summary>
    /// The table of RFC 8446 section 4.2 with its abbreviations, record_size_limit of RFC 8449 section 4
    /// and ticket_request of RFC 9149 section 3; SH12 is the ServerHello of TLS 1.2.
    /// </summary>
    private static readonly Dictionary<ExtensionType, string> _table = new()
    {
        [ExtensionType.ServerName] = "CH, EE, SH12",
        [ExtensionType.MaxFragmentLength] = "CH, EE, SH12",
        [ExtensionType.StatusRequest] = "CH, CR, CT, SH12",
        [ExtensionType.SupportedGroups] = "CH, EE, SH12",
        [ExtensionType.SignatureAlgorithms] = "CH, CR",
        [ExtensionType.UseSrtp] = "CH, EE, SH12",
        [ExtensionType.Heartbeat] = "CH, EE, SH12",
        [ExtensionType.ApplicationLayerProtocolNegotiation] = "CH, EE, SH12",
        [ExtensionType.SignedCertificateTimestamp] = "CH, CR, CT, SH12",
        [ExtensionType.ClientCertificateType] = "CH, EE, SH12",
        [ExtensionType.ServerCertificateType] = "CH, EE, SH12",
        [ExtensionType.Padding] = "CH",
        [ExtensionType.RecordSizeLimit] = "CH, EE, SH12",
        [ExtensionType.KeyShare] = "CH, SH, HRR",
        [ExtensionType.PreSharedKey] = "CH, SH",
        [ExtensionType.PskKeyExchangeModes] = "CH",
        [ExtensionType.EarlyData] = "CH, EE, NST",
        [ExtensionType.Cookie] = "CH, HRR",
        [ExtensionType.SupportedVersions] = "CH, SH, HRR",
        [ExtensionType.CertificateAuthorities] = "CH, CR",
        [ExtensionType.OidFilters] = "CR",
        [ExtensionType.PostHandshakeAuth] = "CH",
        [ExtensionType.SignatureAlgorithmsCert] = "CH, CR",
        [ExtensionType.CompressCertificate] = "CH, CR",
        [ExtensionType.TicketRequest] = "CH, EE",
        [ExtensionType.EcPointFormats] = "CH, SH12",
        [ExtensionType.ExtendedMasterSecret] = "CH, SH12",
        [ExtensionType.SessionTicket] = "CH, SH12",
        [ExtensionType.RenegotiationInfo] = "CH, SH12",
    };

    [Fact]
    public void EveryTypeInEveryMessage_IsAllowedOrRefusedAsTheTableSays()
    {
        foreach ((ExtensionType type, string messages) in _table)
        {
            string[] allowed = messages.Split(", ");
            foreach (Context context in _contexts)
            {
                TlsErrorCause? expected =
                    allowed.Contains(Abbreviation(context)) ? null : TlsErrorCause.MisplacedExtension;
                Assert.True(expected == Read(type, context), $"{type} in {context} should give {expected}.");
            }
        }
    }

    [Fact]
    public void Table_KnowsTheTypesThatHaveNamesAndNoOther()
    {
        for (int value = 0; value <= ushort.MaxValue; value++)
        {
            var type = new ExtensionType((ushort)value);
            bool isNamed = !type.ToString().StartsWith("unknown", StringComparison.Ordinal);
            Assert.Equal(isNamed, _table.ContainsKey(type));
            Assert.Equal(isNamed, ExtensionPlacement.Of(type) is not null);
        }
    }

    [Fact]
    public void UnknownTypes_MayStandAnywhere()
    {
        foreach (Context context in _contexts)
        {
            Assert.Null(Read(new ExtensionType(0x5a5a), context));
            Assert.Null(Read(new ExtensionType(65280), context));
        }
    }

    [Fact]
    public void EveryType_IsRefusedTheSecondTime()
    {
        for (int value = 0; value <= ushort.MaxValue; value++)
        {
            byte[] one = [(byte)(value >> 8), (byte)value, 0, 0];
            byte[] other = [0xff, 0xee, 0, 0];
            byte[] block = value == 0xffee ? [.. one, .. one] : [.. one, .. other, .. one];
            if (ExtensionPlacement.Of(new ExtensionType((ushort)value)) is not { } allowed)
                allowed = Context.ClientHello;
            Context context = Array.Find(_contexts, candidate => (allowed & candidate) != Context.None);
            Assert.Equal(TlsErrorCause.DuplicateExtension, Walk(block, context));
        }
    }

    [Theory]
    [InlineData("00")]
    [InlineData("0000")]
    [InlineData("000000")]
    [InlineData("00000001")]
    [InlineData("0000000000")]
    public void TruncatedExtension_IsRefused(string block) =>
        Assert.Equal(TlsErrorCause.TruncatedMessage, Walk(Convert.FromHexString(block), Context.ClientHello));

    private static TlsErrorCause? Read(ExtensionType type, Context context) =>
        Walk([(byte)(type.Value >> 8), (byte)type.Value, 0, 0], context);

    private static TlsErrorCause? Walk(byte[] block, Context context) => Refusal.Of(() =>
    {
        var reader = new ExtensionReader(block, context);
        while (reader.TryRead(out _, out _))
        {
            // Nothing is looked at but the walk itself.
        }
    });

    private static string Abbreviation(Context context) => context switch
    {
        Context.ClientHello => "CH",
        Context.ServerHello => "SH",
        Context.HelloRetryRequest => "HRR",
        Context.EncryptedExtensions => "EE",
        Context.Certificate => "CT",
        Context.CertificateRequest => "CR",
        Context.Tls12ServerHello => "SH12",
        _ => "NST",
    };
}
