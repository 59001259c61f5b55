using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Whole and right messages that stand under other keys than they belong to, because they share a record with what changes the keys.
/// See also <see cref="RecordRefusalTests.HellosAndFinished_HaveToEndTheirRecords"/>.
/// </summary>
public sealed class KeyBoundaryTests
{
    /// <summary>
    /// CVE-2026-123613, CVE-2025-61730: EncryptedExtensions in the clear, in ServerHello's record, were taken as if they had come under
    /// keys (RFC 8446 section 5.1).
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)] // the record with the end of ServerHello is the one that counts
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void EncryptedExtensions_InServerHellosRecord_AreRefused(int cut)
    {
        using var server = new HostileServer();
        HelloParts hello = server.Hello();
        byte[] behind = Octets.Message(8, 0, 0);
        if (cut == 0)
        {
            server.SendHello(hello, behind);
        }
        else
        {
            byte[] both = [.. hello.ToMessage(), .. behind];
            server.IsAlertUnreadable = true; // nobody derives keys here
            server.Plain(ContentType.Handshake, both[..cut]);
            server.AssertNotRefused();
            server.Plain(ContentType.Handshake, both[cut..]);
            server.AssertRefusedUnreadably(TlsErrorCause.MessageAcrossKeyChange);
            return;
        }

        server.AssertRefused(TlsErrorCause.MessageAcrossKeyChange, isProtected: true);
    }

    /// <summary>The same while a ClientHello waits for a certificate, a signature, or a verdict on its early data.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void Message_BehindAClientHelloThatWaits_IsRefused(bool forSignature)
    {
        TlsCredential credential = Engines.Credential();
        TlsServerConfiguration configuration = forSignature
            ? new(DefaultCryptoProvider.Instance, [new RemoteTestCredential(credential)])
            : new(DefaultCryptoProvider.Instance, []) { CredentialSelector = _ => null };
        using var client = new HostileClient(configuration);
        client.Victim.AnswersVerdicts = false;
        client.SendHello(client.Hello(), Octets.Message(20, new byte[32]));
        Assert.DoesNotContain(TlsEvent.HandshakeCompleted, client.Victim.Events);
        Assert.Equal(TlsErrorCause.MessageAcrossKeyChange, client.Victim.Failure?.Cause);
    }

    /// <summary>And with early data's verdict awaited.</summary>
    [Fact]
    [Refuses(TlsErrorCause.MessageAcrossKeyChange)]
    public void Message_BehindAClientHelloWithEarlyData_IsRefused()
    {
        var setup = new ResumptionSetup();
        using EnginePair pair = setup.Pair();
        pair.Server.AnswersVerdicts = false;
        pair.TamperClient = bytes =>
        {
            List<(ContentType Type, byte[] Record)> records = RecordReader.Split(bytes);
            byte[] hello = records[0].Record[RecordHeader.Size..];
            return Octets.Record(22, [.. hello, .. Octets.Message(5)]);
        };
        pair.Handshake(new TlsClientStart { Session = setup.Visit()[0], EarlyData = new byte[10] });
        Assert.Contains(TlsEvent.NeedEarlyDataVerdict, pair.Server.Events);
        Assert.Equal(TlsErrorCause.MessageAcrossKeyChange, pair.Server.Failure?.Cause);
    }

    /// <summary>TLS 1.2: Finished, whole or in part, in the clear in front of change_cipher_spec, which comes after all.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 15)]
    [InlineData(false, 16)]
    [InlineData(true, 1)]
    [InlineData(true, 15)]
    [InlineData(true, 16)]
    [Refuses(TlsErrorCause.InterleavedRecord)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void FinishedOfTls12_ThatBeginsBeforeItsKeys_IsRefused(bool isServer, int length)
    {
        using HostilePeer peer = isServer ? new Tls12HostileClient() : new Tls12HostileServer();
        byte[] finished;
        if (peer is Tls12HostileClient client)
        {
            client.SendHello(Tls12HostileClient.Hello());
            client.Handshake(client.ClientKeyExchange());
            finished = client.Finished();
        }
        else
        {
            var server = (Tls12HostileServer)peer;
            server.SendHello(server.Hello());
            server.SendFlight();
            finished = server.Finished();
        }

        peer.Plain(ContentType.Handshake, finished[..length]);
        if (peer.Victim.Failure is null)
            peer.Plain(ContentType.ChangeCipherSpec, 1);
        peer.AssertRefused(length == 16 ? TlsErrorCause.UnexpectedMessage : TlsErrorCause.InterleavedRecord);
    }
}
