using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Early data that a server does not accept is skipped, and not for ever (RFC 8446 section 4.2.10).</summary>
public sealed class EarlyDataTests
{
    [Theory]
    [InlineData(4)] // too short to be a record of any key
    [InlineData(17)]
    [InlineData(1000)]
    [InlineData(16_384 + 17)] // a whole record of early data
    [InlineData(16_384 + 256)]
    public void EarlyData_IsSkippedUntilARecordOpens(int length)
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(42));
        client.Plain(ContentType.ChangeCipherSpec, 1);
        client.Plain(ContentType.ApplicationData, Engines.Pattern(length, 3));
        client.Plain(ContentType.ApplicationData, Engines.Pattern(length, 5));
        client.AssertNotRefused();
        client.SendFinished();
        client.Protected(ContentType.ApplicationData, [1, 2, 3]);
        client.AssertNotRefused();
        Assert.Equal([1, 2, 3], client.Victim.Plaintext.ToArray());
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(16_384 + 17)]
    public void EarlyData_IsSkippedInFrontOfASecondHello(int length)
    {
        using var client = new HostileClient();
        client.SendHelloThatIsRetried(hello => hello.With(42));
        client.Plain(ContentType.ApplicationData, Engines.Pattern(length, 3));
        client.Plain(ContentType.ApplicationData, Engines.Pattern(length, 3));
        client.AssertNotRefused();
        client.SendHello(client.SecondHello());
        client.SendFinished();
        client.AssertNotRefused();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
    }

    /// <summary>The records of early data keep to the limit of the connection that the ticket is from.</summary>
    [Fact]
    public void EarlyData_IsSkippedAboveThisConnectionsRecordSizeLimit()
    {
        using var client = new HostileClient(
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                RecordSizeLimit = 64,
            });
        client.SendHello(client.Hello().With(42).With(28, 0x40, 1));
        client.Plain(ContentType.ApplicationData, Engines.Pattern(5000, 3));
        client.AssertNotRefused();
        client.SendFinished();
        client.AssertNotRefused();
    }

    [Fact]
    [Refuses(TlsErrorCause.TooMuchEarlyData)]
    public void EarlyData_IsRefusedBeyondTheLimit()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(42));
        Flood(client);
        client.AssertRefused(TlsErrorCause.TooMuchEarlyData, isProtected: true);

        using var retried = new HostileClient();
        retried.SendHelloThatIsRetried(hello => hello.With(42));
        Flood(retried);
        retried.AssertRefused(TlsErrorCause.TooMuchEarlyData, isProtected: false);

        static void Flood(HostileClient client)
        {
            int sent = 0;
            while (sent + 1005 <= TlsLimits.SkippedEarlyData)
            {
                client.Plain(ContentType.ApplicationData, new byte[1000]);
                sent += 1005;
            }

            client.AssertNotRefused();
            client.Plain(ContentType.ApplicationData, new byte[1000]);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.BadRecordMac)]
    public void EarlyData_IsNotSkippedBehindARecordThatOpened()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(42));
        client.Plain(ContentType.ApplicationData, new byte[100]);
        client.SendFinished();
        client.Plain(ContentType.ApplicationData, new byte[100]);
        client.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadRecordMac)]
    [Refuses(TlsErrorCause.EarlyApplicationData)]
    public void EarlyData_IsNotSkippedWhenTheHelloDidNotAnnounceIt()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello());
        client.Plain(ContentType.ApplicationData, new byte[100]);
        client.AssertRefused(TlsErrorCause.BadRecordMac, isProtected: true);

        using var retried = new HostileClient();
        retried.SendHelloThatIsRetried();
        retried.Plain(ContentType.ApplicationData, new byte[100]);
        retried.AssertRefused(TlsErrorCause.EarlyApplicationData, isProtected: false);
    }
}
