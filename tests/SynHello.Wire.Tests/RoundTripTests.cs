using FsCheck;
using FsCheck.Fluent;

namespace SynHello.Wire.Tests;

/// <summary>
/// What is written and parsed again is the same value, and what was parsed and written again the same bytes.
/// </summary>
public sealed class RoundTripTests
{
    private static readonly Gen<byte> _octet = Gen.Choose(0, 255).Select(value => (byte)value);
    private static readonly Config _many = Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(500);

    [Fact]
    public void ClientHello_RoundTrips()
    {
        Gen<ushort[]> points = Gen.Choose(0, ushort.MaxValue).Select(value => (ushort)value).NonEmptyListOf()
            .Select(list => list.ToArray());
        Gen<HelloValues> hellos =
            from random in Bytes(32, 32)
            from sessionId in Bytes(0, 32)
            from suites in points
            from groups in points
            from schemes in points
            from versions in points.Where(list => list.Length <= 127)
            from shares in (from value in Bytes(1, 140) select value).ListOf(3)
            from name in Gen.Choose(1, 255).SelectMany(length => Gen.Choose('!', '~').Select(c =>
                (byte)c).ArrayOf(length))
            from protocol in Bytes(1, 255)
            from limit in Gen.Choose(0, ushort.MaxValue)
            from cookie in Bytes(1, 300)
            from padding in Gen.Choose(0, 300)
            from present in Gen.Choose(0, 511)
            select new HelloValues(
                random, sessionId, Encode(suites), Encode(groups), Encode(schemes), Encode(versions), [.. shares],
                    name, protocol,
                (ushort)limit, cookie, padding, present);
        Prop.ForAll(hellos.ToArbitrary(), RoundTripsClientHello).Check(_many);
    }

    [Fact]
    public void ServerHello_RoundTrips()
    {
        var hellos =
            from random in Bytes(32, 32)
            from sessionId in Bytes(0, 32)
            from suite in Gen.Choose(0, ushort.MaxValue)
            from version in Gen.Choose(0, ushort.MaxValue)
            from isRetry in ArbMap.Default.GeneratorFor<bool>()
            from hasShare in ArbMap.Default.GeneratorFor<bool>()
            from named in Gen.Choose(0, ushort.MaxValue)
            from share in Bytes(1, 200)
            from cookie in Bytes(1, 200)
            select (random, sessionId, suite, version, isRetry, hasShare, named, share, cookie);
        Prop.ForAll(hellos.ToArbitrary(), value =>
        {
            ExtensionSet present = default(ExtensionSet).With(ExtensionType.SupportedVersions);
            if (value.hasShare)
                present = present.With(ExtensionType.KeyShare);
            if (value.isRetry)
                present = present.With(ExtensionType.Cookie);
            byte[] body = Samples.Body(writer => new ServerHello
            {
                LegacyVersion = ProtocolVersion.Tls12,
                Random = value.isRetry ? ServerHello.HelloRetryRequestRandom : value.random,
                LegacySessionIdEcho = value.sessionId,
                CipherSuite = new CipherSuite((ushort)value.suite),
                Present = present,
                SelectedVersion = new ProtocolVersion((ushort)value.version),
                KeyShareGroup = new NamedGroup((ushort)value.named),
                KeyExchange = value.share,
                Cookie = value.cookie,
            }.Write(writer));
            ServerHello hello = ServerHello.Parse(body);
            return hello.IsHelloRetryRequest == value.isRetry
                && hello.LegacySessionIdEcho.SequenceEqual(value.sessionId)
                && hello.CipherSuite.Value == value.suite
                && hello.SelectedVersion.Value == value.version
                && hello.Present == present
                && hello.KeyShareGroup.Value == (value.hasShare ? value.named : 0)
                && hello.KeyExchange.SequenceEqual(value.hasShare && !value.isRetry ? value.share : [])
                && hello.Cookie.SequenceEqual(value.isRetry ? value.cookie : []);
        }).Check(_many);
    }

    [Fact]
    public void Certificate_RoundTrips()
    {
        var certificates =
            from context in Bytes(0, 255)
            from entries in Bytes(1, 400).ListOf()
            select (context, entries);
        Prop.ForAll(certificates.ToArbitrary(), value =>
        {
            byte[] body = Samples.Body(writer => Certificate.Write(
                writer, value.context, [.. value.entries.Select(entry => (ReadOnlyMemory<byte>)entry)]));
            Certificate certificate = Certificate.Parse(body, default);
            var entries = new List<byte[]>();
            foreach (CertificateEntry entry in certificate)
                entries.Add(entry.Der.ToArray());
            return certificate.Context.SequenceEqual(value.context)
                && certificate.IsEmpty == (value.entries.Count == 0)
                && entries.Select(Convert.ToHexString).SequenceEqual(value.entries.Select(Convert.ToHexString));
        }).Check(_many);
    }

    [Fact]
    public void NewSessionTicket_RoundTrips()
    {
        var tickets =
            from lifetime in ArbMap.Default.GeneratorFor<uint>()
            from ageAdd in ArbMap.Default.GeneratorFor<uint>()
            from nonce in Bytes(0, 255)
            from ticket in Bytes(1, 500)
            from earlyData in ArbMap.Default.GeneratorFor<uint?>()
            select (lifetime, ageAdd, nonce, ticket, earlyData);
        Prop.ForAll(tickets.ToArbitrary(), value =>
        {
            byte[] body = Samples.Body(writer => new NewSessionTicket
            {
                LifetimeSeconds = value.lifetime,
                AgeAdd = value.ageAdd,
                Nonce = value.nonce,
                Ticket = value.ticket,
                MaximumEarlyData = value.earlyData,
            }.Write(writer));
            NewSessionTicket ticket = NewSessionTicket.Parse(body);
            return ticket.LifetimeSeconds == value.lifetime
                && ticket.AgeAdd == value.ageAdd
                && ticket.Nonce.SequenceEqual(value.nonce)
                && ticket.Ticket.SequenceEqual(value.ticket)
                && ticket.MaximumEarlyData == value.earlyData;
        }).Check(_many);
    }

    [Fact]
    public void CertificateVerifyAndRequest_RoundTrip()
    {
        var values =
            from scheme in Gen.Choose(0, ushort.MaxValue)
            from signature in Bytes(0, 600)
            from context in Bytes(0, 255)
            select (scheme, signature, context);
        Prop.ForAll(values.ToArbitrary(), value =>
        {
            byte[] schemes = Encode([(ushort)value.scheme, 0x0403]);
            byte[] verifyBody = Samples.Body(writer => new CertificateVerify
            {
                Algorithm = new SignatureScheme((ushort)value.scheme),
                Signature = value.signature,
            }.Write(writer));
            byte[] requestBody = Samples.Body(writer => new CertificateRequest
            {
                Context = value.context,
                SignatureAlgorithms = new CodePoints(schemes),
            }.Write(writer));
            CertificateVerify verify = CertificateVerify.Parse(verifyBody);
            CertificateRequest request = CertificateRequest.Parse(requestBody);
            return verify.Algorithm.Value == value.scheme
                && verify.Signature.SequenceEqual(value.signature)
                && request.Context.SequenceEqual(value.context)
                && request.SignatureAlgorithms.Encoded.SequenceEqual(schemes);
        }).Check(_many);
    }

    [Fact]
    public void EncryptedExtensions_RoundTrips()
    {
        var values =
            from present in Gen.Choose(0, 15)
            from protocol in Bytes(1, 255)
            from limit in Gen.Choose(0, ushort.MaxValue)
            from groups in Gen.Choose(0, ushort.MaxValue).Select(named => (ushort)named).NonEmptyListOf()
            select (present, protocol, limit, groups: Encode([.. groups]));
        ExtensionType[] types =
        [
            ExtensionType.ServerName,
            ExtensionType.SupportedGroups,
            ExtensionType.ApplicationLayerProtocolNegotiation,
            ExtensionType.RecordSizeLimit,
        ];
        Prop.ForAll(values.ToArbitrary(), value =>
        {
            ExtensionSet present = Select(types, value.present);
            byte[] body = Samples.Body(writer => new EncryptedExtensions
            {
                Present = present,
                ApplicationProtocol = value.protocol,
                RecordSizeLimit = (ushort)value.limit,
                SupportedGroups = new CodePoints(value.groups),
            }.Write(writer));
            EncryptedExtensions extensions = EncryptedExtensions.Parse(body, Samples.EverythingOffered);
            return extensions.Present == present
                && extensions.ApplicationProtocol.SequenceEqual(present.Contains(types[2]) ? value.protocol : [])
                && extensions.RecordSizeLimit == (present.Contains(types[3]) ? value.limit : 0)
                && extensions.SupportedGroups.Encoded.SequenceEqual(present.Contains(types[1]) ? value.groups : []);
        }).Check(_many);
    }

    private static bool RoundTripsClientHello(HelloValues value)
    {
        ExtensionType[] types =
        [
            ExtensionType.ServerName,
            ExtensionType.SupportedGroups,
            ExtensionType.SignatureAlgorithms,
            ExtensionType.ApplicationLayerProtocolNegotiation,
            ExtensionType.RecordSizeLimit,
            ExtensionType.SupportedVersions,
            ExtensionType.KeyShare,
            ExtensionType.Cookie,
            ExtensionType.Padding,
        ];
        ExtensionSet present = Select(types, value.Present);
        byte[] protocols = [(byte)value.Protocol.Length, .. value.Protocol, 2, (byte)'h', (byte)'2'];
        byte[] shares = [.. value.Shares.SelectMany((share, named) =>
            (byte[])[0x7a, (byte)named, (byte)(share.Length >> 8), (byte)share.Length, .. share])];
        byte[] body = Samples.Body(writer => new ClientHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = value.Random,
            LegacySessionId = value.SessionId,
            CipherSuites = new CodePoints(value.Suites),
            LegacyCompressionMethods = [0],
            Present = present,
            ServerName = value.Name,
            SupportedGroups = new CodePoints(value.Groups),
            SignatureAlgorithms = new CodePoints(value.Schemes),
            SupportedVersions = new CodePoints(value.Versions),
            ApplicationProtocols = ProtocolNameList.Parse(protocols),
            KeyShares = KeyShareList.Parse(shares),
            RecordSizeLimit = value.Limit,
            Cookie = value.Cookie,
            Padding = value.Padding,
        }.Write(writer));

        ClientHello hello = ClientHello.Parse(body);
        return hello.Random.SequenceEqual(value.Random)
            && hello.LegacySessionId.SequenceEqual(value.SessionId)
            && hello.CipherSuites.Encoded.SequenceEqual(value.Suites)
            && hello.Present == present
            && hello.ServerName.SequenceEqual(IfPresent(0, value.Name))
            && hello.SupportedGroups.Encoded.SequenceEqual(IfPresent(1, value.Groups))
            && hello.SignatureAlgorithms.Encoded.SequenceEqual(IfPresent(2, value.Schemes))
            && hello.ApplicationProtocols.Encoded.SequenceEqual(IfPresent(3, protocols))
            && hello.RecordSizeLimit == (present.Contains(types[4]) ? value.Limit : 0)
            && hello.SupportedVersions.Encoded.SequenceEqual(IfPresent(5, value.Versions))
            && hello.KeyShares.Encoded.SequenceEqual(IfPresent(6, shares))
            && hello.Cookie.SequenceEqual(IfPresent(7, value.Cookie))
            && hello.Padding == (present.Contains(types[8]) ? value.Padding : -1);

        byte[] IfPresent(int index, byte[] bytes) => present.Contains(types[index]) ? bytes : [];
    }

    private static ExtensionSet Select(ExtensionType[] types, int bits)
    {
        ExtensionSet set = default;
        for (int i = 0; i < types.Length; i++)
        {
            if ((bits & (1 << i)) != 0)
                set = set.With(types[i]);
        }

        return set;
    }

    private static Gen<byte[]> Bytes(int minimum, int maximum) =>
        Gen.Choose(minimum, maximum).SelectMany(length => _octet.ArrayOf(length));

    private static byte[] Encode(ushort[] values) =>
        [.. values.SelectMany(value => (byte[])[(byte)(value >> 8), (byte)value])];

    private sealed record HelloValues(
        byte[] Random,
        byte[] SessionId,
        byte[] Suites,
        byte[] Groups,
        byte[] Schemes,
        byte[] Versions,
        byte[][] Shares,
        byte[] Name,
        byte[] Protocol,
        ushort Limit,
        byte[] Cookie,
        int Padding,
        int Present);
}
