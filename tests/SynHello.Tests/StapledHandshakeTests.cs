using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

using static SynHello.Tests.RevocationChecks;

namespace SynHello.Tests;

/// <summary>Staples on their way from a server's responder through a handshake to the client's verdict.</summary>
public sealed class StapledHandshakeTests
{
    [Fact]
    public async Task Staple_IsShownFromTheNextHandshakeOnAndJudgedByTheClient()
    {
        var clock = new ObservedClock(new FakeTimeProvider());
        using var responder = new ScriptedResponder();
        var answer = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        responder.Answer = (_, _) => answer.Task;
        using X509Credential credential = MustStaple.ToCredential();
        await using var stapler = new OcspStapler(credential, options: new OcspStaplerOptions
        {
            HttpInvoker = responder.ToInvoker(),
            TimeProvider = clock,
        });
        var checks = new RevocationChecks(RevocationMode.Staple);
        var server = new TlsServerConfiguration(DefaultCryptoProvider.Instance, [stapler.Credential]);

        // No handshake waits for the responder, not even where the client will mind.
        AssertRefused(TlsErrorCause.BadCertificateStatus, "Must-Staple", await HandshakeAsync());
        answer.SetResult(ScriptedResponder.Ok(Staple(MustStaple).Build()));
        await stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();
        Assert.Null(await HandshakeAsync());
        Assert.Null(await HandshakeAsync());
        clock.Advance(TimeSpan.FromHours(23));
        AssertRefused(TlsErrorCause.BadCertificateStatus, "Must-Staple", await HandshakeAsync());

        async Task<TlsProtocolException?> HandshakeAsync()
        {
            var client = new TlsClientConfiguration(DefaultCryptoProvider.Instance) { RequestOcspResponses = true };
            using var pair = new EnginePair(client, server);
            pair.Handshake();
            Assert.True(pair.Server.Engine.IsHandshakeComplete);
            TlsNegotiation negotiated = pair.Client.Engine.Negotiated;
            return await checks.CheckAsync(
                [MustStaple.Leaf, .. MustStaple.Intermediates, MustStaple.Root], MustStaple, [.. negotiated.PeerOcspResponses]);
        }
    }
}
