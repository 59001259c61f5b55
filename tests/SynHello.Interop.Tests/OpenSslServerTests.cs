using System.Net;
using System.Net.Security;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>Our client against openssl s_server.</summary>
public sealed class OpenSslServerTests
{
    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256")]
    public async Task Client_SpeaksCipherSuite(string suite)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256, "-rev", "-ciphersuites", suite);
        await using SecureStream stream = await ConnectAsync(endPoint);
        Assert.Equal(suite, stream.Report.CipherSuite.ToString());
        await ReverseAsync(stream);
    }

    [Theory]
    [InlineData("X25519", "x25519", false)]
    [InlineData("P-256", "secp256r1", true)]
    [InlineData("P-384", "secp384r1", true)]
    public async Task Client_AgreesOnGroup(string groups, string chosen, bool retried)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256, "-rev", "-groups", groups);
        await using SecureStream stream = await ConnectAsync(endPoint);
        Assert.Equal((chosen, retried), (stream.Report.Group.ToString(), stream.Report.HelloRetryRequested));
        Assert.Equal(retried ? 3 : 2, stream.Report.RoundTripsUntilRequest);
        await ReverseAsync(stream);
    }

    [Theory]
    [InlineData(KeyKind.P256, "ecdsa_secp256r1_sha256")]
    [InlineData(KeyKind.P384, "ecdsa_secp384r1_sha384")]
    [InlineData(KeyKind.Rsa, "rsa_pss_rsae_sha256")]
    public async Task Client_ChecksCertificate(KeyKind kind, string scheme)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, kind, "-rev");
        await using SecureStream stream = await ConnectAsync(endPoint);
        Assert.Equal(scheme, stream.Report.SignatureScheme.ToString());
        await ReverseAsync(stream);
    }

    [Fact]
    public async Task Client_TakesTheProtocolThatTheServerChooses()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256, "-rev", "-alpn", "http/1.1");
        await using SecureStream stream = await ConnectAsync(
            endPoint,
            options => options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]);
        Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
        await ReverseAsync(stream);
    }

    [Fact]
    public async Task Client_ExportsTheSameKeyingMaterial()
    {
        const string Label = "EXPORTER-interop";
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server =
            await StartAsync(endPoint, KeyKind.P256, "-keymatexport", Label, "-keymatexportlen", "24");
        await using SecureStream stream = await ConnectAsync(endPoint);
        byte[] material = new byte[24];
        stream.ExportKeyingMaterial(Label, [], material);
        string line = await server.WaitForAsync("Keying material:");
        Assert.Equal(line.Split(':')[1].Trim(), Convert.ToHexString(material));
    }

    [Fact]
    public async Task Client_UpdatesKeys()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256, "-rev");
        await using SecureStream stream = await ConnectAsync(endPoint);
        await ReverseAsync(stream);
        for (int i = 0; i < 3; i++)
        {
            await stream.UpdateKeyAsync(requestPeer: i != 1);
            await ReverseAsync(stream);
        }
    }

    [Fact]
    public async Task Client_FollowsKeyUpdates()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256, "-msg");
        await using SecureStream stream = await ConnectAsync(endPoint);
        using var reader = new StreamReader(stream);
        int updates = 0;
        foreach (string command in new[] { "k", "K", "K" })
        {
            await server.WriteLineAsync(command);
            updates++;
            await server.WaitForLineAsync(_ => server.Lines.Count(line => IsKeyUpdate(line, ">>>")) == updates);
            await server.WriteLineAsync($"after {command}");
            Assert.Equal($"after {command}", await reader.ReadLineAsync().WaitAsync(ChildProcess.Patience));
        }

        // The server has asked for updates of ours: what is sent now is under new keys.
        await stream.WriteAsync("and back\n"u8.ToArray());
        await server.WaitForAsync("and back");
        await server.WaitForLineAsync(line => IsKeyUpdate(line, "<<<"));

        static bool IsKeyUpdate(string line, string direction) =>
            line.StartsWith(direction, StringComparison.Ordinal)
                && line.EndsWith("KeyUpdate", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_ReadsALongAnswer()
    {
        const int Length = 3_000_000;
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256, "-rev");
        await using SecureStream stream = await ConnectAsync(endPoint);
        // -rev works line by line, with lines of up to 16 KB.
        byte[] line = [.. Enumerable.Repeat((byte)'x', 999), (byte)'\n'];
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < Length / line.Length; i++)
                await stream.WriteAsync(line);
        });
        byte[] answer = new byte[Length];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(ChildProcess.Patience);
        await writing;
        Assert.Equal(Length / line.Length, answer.Count(b => b == '\n'));
    }

    private static async Task<ChildProcess> StartAsync(IPEndPoint endPoint, KeyKind kind, params string[] options)
    {
        var identity = Identity.For(endPoint.Address, kind);
        var server = ChildProcess.Start(
            "openssl",
            [
                "s_server", "-accept", $"{endPoint}", "-tls1_3",
                "-cert", identity.CertificateFile, "-key", identity.KeyFile, .. options,
            ]);
        await server.WaitForAsync("ACCEPT");
        return server;
    }

    private static async Task<SecureStream> ConnectAsync(
        IPEndPoint endPoint, Action<SecureClientOptions>? configure = null)
    {
        var options = new SecureClientOptions { TrustedRoots = [Identity.Root] };
        configure?.Invoke(options);
        return await new SecureClient(options).ConnectAsync(endPoint, Identity.Host);
    }

    private static async Task ReverseAsync(SecureStream stream)
    {
        await stream.WriteAsync("abcdef\n"u8.ToArray());
        byte[] answer = new byte[7];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(ChildProcess.Patience);
        Assert.Equal("fedcba\n", Encoding.ASCII.GetString(answer));
    }
}
