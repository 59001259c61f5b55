using System.Buffers;
using System.Buffers.Binary;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Records of TLS 1.2 (RFC 5246 section 6.2.3.3, RFC 5288, RFC 7905): their form, their nonces, and where they end.</summary>
public sealed class Tls12RecordTests
{
    public static TheoryData<int> Suites => [.. Tls12Engines.Suites[..3].Select(suite => (int)suite.Value)];

    /// <summary>Sealed by the RFC's own formula, without the code under test.</summary>
    [Theory]
    [MemberData(nameof(Suites))]
    public void Record_HasTheFormOfTheRfc(int suiteValue)
    {
        var suite = new CipherSuite((ushort)suiteValue);
        bool isGcm = suite != CipherSuite.TlsEcdheEcdsaWithChaCha20Poly1305Sha256;
        byte[] key = Engines.Pattern(Tls12CipherSuiteParameters.Of(suite).KeyLength, 3), iv = Engines.Pattern(isGcm ? 4 : 12, 5);
        using var protection = new Tls12RecordProtection(DefaultCryptoProvider.Instance, suite, key, iv);
        using Aead aead = DefaultCryptoProvider.Instance.CreateAead(suite, key);
        for (ulong sequence = 0; sequence < 3; sequence++)
        {
            byte[] content = Engines.Pattern(100, 7), number = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(number, sequence);
            var output = new ArrayBufferWriter<byte>();
            protection.Write(ContentType.Alert, content, RecordLayer.MaximumInnerPlaintext, padding: 1, output);

            byte[] nonce = isGcm ? [.. iv, .. number] : [.. iv];
            if (!isGcm)
                nonce[11] ^= (byte)sequence;
            byte[] sealedContent = new byte[116];
            aead.Seal(nonce, [.. number, 21, 3, 3, 0, 100], content, sealedContent);
            byte[] body = isGcm ? [.. number, .. sealedContent] : sealedContent;
            Assert.Equal(Octets.Record(21, body), output.WrittenSpan.ToArray());
        }
    }

    /// <summary>AES-GCM gives its key away when a nonce comes twice: every one is a number that only goes up, and keys are not shared.</summary>
    [Theory]
    [MemberData(nameof(Suites))]
    public void Nonces_NeverComeTwiceUnderOneKey(int suiteValue)
    {
        var provider = new SealWatch();
        var suite = new CipherSuite((ushort)suiteValue);
        using EnginePair pair = Tls12Engines.Connected(
            new TlsClientConfiguration(provider) { Versions = Tls12Engines.Only, CipherSuites = [suite] },
            new TlsServerConfiguration(provider, [Engines.Credential()]) { Versions = Tls12Engines.Only });
        for (int i = 0; i < 20; i++)
            Engines.AssertTalks(pair, 40_000);
        pair.Client.Engine.SendCloseNotify(pair.Client.Output);
        pair.Server.Engine.SendCloseNotify(pair.Server.Output);
        Assert.True(provider.Sealed.Count > 100);
        Assert.Equal(provider.Sealed.Count, provider.Sealed.Distinct().Count());
        Assert.Equal(2, provider.Sealed.Select(pairOf => pairOf.Key).Distinct().Count()); // a key for each direction
    }

    [Fact]
    [Refuses(TlsErrorCause.KeyExhausted)]
    public void SequenceNumbers_DoNotWrap()
    {
        using EnginePair pair = Tls12Engines.Connected();
        Inside.SetSequence(Inside.WriteProtectionOf(pair.Client.Engine), ulong.MaxValue - 1);
        pair.Client.Send([1]);
        TlsProtocolException failure = Assert.Throws<TlsProtocolException>(() => pair.Client.Send([2]));
        Assert.Equal(TlsErrorCause.KeyExhausted, failure.Cause);
    }

    [Fact]
    [Refuses(TlsErrorCause.KeyExhausted)]
    public void WornKey_EndsTheConnection()
    {
        using EnginePair pair = Tls12Engines.Connected();
        RecordProtection write = Inside.WriteProtectionOf(pair.Client.Engine)!;
        Inside.Set(write, "_blocks", TlsLimits.BlocksPerKey - 1);
        pair.Client.Send(new byte[100]); // the last one
        TlsProtocolException failure = Assert.Throws<TlsProtocolException>(() => pair.Client.Send([2]));
        Assert.Equal(TlsErrorCause.KeyExhausted, failure.Cause);
        pair.Pump();
        Assert.Equal(100, pair.Server.Plaintext.Length);
        Assert.Equal(AlertDescription.InternalError, pair.Server.Failure?.PeerAlert);
        Assert.Equal(
            TlsErrorCause.KeyExhausted, Assert.Throws<TlsProtocolException>(() => pair.Client.Send([3])).Cause);
    }

    [Fact]
    public void WornKey_IsCountedInBlocks()
    {
        using EnginePair pair = Tls12Engines.Connected();
        RecordProtection write = Inside.WriteProtectionOf(pair.Client.Engine)!;
        ulong before = Inside.Value<ulong>(write, "_blocks");
        pair.Client.Send(new byte[16_384]);
        pair.Client.Send(new byte[1]);
        Assert.InRange(Inside.Value<ulong>(write, "_blocks") - before, 1024u + 1 + 2, 1024u + 1 + 6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(23)]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void Record_ThatIsTooShortForItsNonceAndTag_IsRefused(int length)
    {
        using Tls12HostileClient client = new Tls12HostileClient().Connect();
        client.Raw(Octets.Record(23, new byte[length]));
        client.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void Record_IsRefusedOnceAnythingInItIsChanged()
    {
        for (int position = 0; position < 5 + 8 + 10 + 16; position++)
        {
            if (position is 1 or 3 or 4)
                continue; // makes no record of TLS, or one that is not there yet
            using Tls12HostileClient client = new Tls12HostileClient().Connect();
            byte[] record = client.Seal(ContentType.ApplicationData, Engines.Pattern(10, 3));
            record[position] ^= 1;
            client.Raw(record);
            client.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);
            Assert.True(client.Victim.Plaintext.IsEmpty);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void Record_IsNotTakenTwiceOrOutOfOrder()
    {
        using (Tls12HostileClient client = new Tls12HostileClient().Connect())
        {
            byte[] record = client.Seal(ContentType.ApplicationData, [1]);
            client.Raw(record);
            client.AssertNotRefused();
            client.Raw(record);
            client.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);
        }

        using Tls12HostileClient other = new Tls12HostileClient().Connect();
        byte[] first = other.Seal(ContentType.ApplicationData, [1]), second = other.Seal(ContentType.ApplicationData, [2]);
        Assert.NotEqual(first, second);
        other.Raw(second);
        other.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.RecordTooLarge)]
    public void Record_HoldsAtMost16384Bytes()
    {
        using Tls12HostileClient client = new Tls12HostileClient().Connect();
        client.Protected(ContentType.ApplicationData, new byte[16_384]);
        client.AssertNotRefused();
        Assert.Equal(16_384, client.Victim.Plaintext.Length);
        client.Raw(23, 3, 3, 0x40, 0x19); // 2^14 + 25: the header tells
        client.AssertRefused(TlsErrorCause.RecordTooLarge, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.RecordAboveSizeLimit)]
    public void RecordSizeLimit_IsHeldAgainstThePeer()
    {
        using var client = new Tls12HostileClient(
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                Versions = Tls12Engines.Only,
                RecordSizeLimit = 100,
            });
        client.SendHello(Tls12HostileClient.Hello().With(28, 0x40, 0));
        client.SendFlight();
        client.Protected(ContentType.ApplicationData, new byte[100]);
        client.AssertNotRefused();
        client.Protected(ContentType.ApplicationData, new byte[101]);
        client.AssertRefused(TlsErrorCause.RecordAboveSizeLimit, isProtected: true);
    }

    /// <summary>Of the kind of CVE-2016-8610: nothing but records.</summary>
    [Fact]
    [Refuses(TlsErrorCause.TooManyEmptyRecords)]
    public void EmptyRecords_AreTakenAndCounted()
    {
        using Tls12HostileClient client = new Tls12HostileClient().Connect();
        for (int i = 0; i < TlsLimits.EmptyRecords; i++)
            client.Protected(ContentType.ApplicationData, []);
        client.AssertNotRefused();
        client.Protected(ContentType.ApplicationData, []);
        client.AssertRefused(TlsErrorCause.TooManyEmptyRecords, isProtected: true);
    }

    [Fact]
    public void BulkData_AllocatesNothing()
    {
        using EnginePair pair = Tls12Engines.Connected();
        var output = new ArrayBufferWriter<byte>(1 << 20);
        var plaintext = new ArrayBufferWriter<byte>(1 << 20);
        byte[] content = new byte[200_000];
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
            Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            output.ResetWrittenCount();
            plaintext.ResetWrittenCount();
            pair.Client.Engine.Send(content, output);
            Assert.True(pair.Server.Engine.Receive(output.WrittenSpan, plaintext, output) > content.Length);
        }
    }

    [Fact]
    public void Secrets_AreGoneOnceNothingNeedsThem()
    {
        var setup = new Tls12ResumptionSetup();
        EnginePair pair = Tls12Engines.Connected(setup.Client(), setup.Server());
        var server = (ServerContext)Inside.ContextOf(pair.Server.Engine);
        var client = (ClientContext)Inside.ContextOf(pair.Client.Engine);
        Assert.Empty(client.KeyExchanges);
        Assert.Null(client.ServerKey);
        Assert.Null(server.KeyExchange);
        Assert.Null(client.PendingReads);
        Assert.Null(server.PendingWrites);
        Assert.Equal(0, Inside.HandshakeBytesOf(pair.Client.Engine).Length);
        Assert.Equal(0, client.Flight.Length);
        Assert.True(client.Transcript.Unhashed.IsEmpty);
        byte[][] secrets =
        [
            Inside.Field<byte[]>(client.Tls12Keys!, "_masterSecret"),
            Inside.Field<byte[]>(server.Tls12Keys!, "_masterSecret"),
            Inside.Field<byte[]>(Inside.ReadProtectionOf(pair.Client.Engine)!, "_fixedNonce"),
            Inside.Field<byte[]>(Inside.WriteProtectionOf(pair.Server.Engine)!, "_fixedNonce"),
        ];
        Assert.All(secrets, secret => Assert.Contains(secret, octet => octet != 0));
        pair.Dispose();
        Assert.All(secrets, secret => Assert.All(secret, octet => Assert.Equal(0, octet)));
    }
}
