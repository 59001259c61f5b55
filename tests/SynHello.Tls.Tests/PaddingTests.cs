using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>The client's first flight, padded to a length (RFC 7685).</summary>
public sealed class PaddingTests
{
    private const int Target = 1200;
    private static readonly byte[] _request = [.. Enumerable.Range(0, 300).Select(i => (byte)i)];
    private readonly ResumptionSetup _setup = new();

    [Fact]
    public void FirstFlight_HasTheLengthThatWasAskedFor()
    {
        TlsSession session = _setup.Visit()[0];
        foreach (TlsClientStart start in new[]
        {
            new TlsClientStart { PaddedLength = Target },
            new TlsClientStart { PaddedLength = Target, Session = session },
            new TlsClientStart { PaddedLength = Target, Session = session, EarlyData = _request },
        })
        {
            using EnginePair pair = _setup.Pair();
            Assert.Equal(Target, LengthOf(pair, start));
        }
    }

    /// <summary>What early data takes is known beforehand, however it is cut into records and padded.</summary>
    [Theory]
    [InlineData(false, 1, 16_385)]
    [InlineData(true, 1, 16_385)]
    [InlineData(true, 256, 16_385)]
    [InlineData(true, 7, 64)]
    [InlineData(true, 1, 64)]
    [InlineData(true, 1, 101)] // three records, all full
    public void FirstFlight_HasThatLengthForEverySizeOfRecords(bool compatibility, int padding, int sizeLimit)
    {
        TlsSession session = _setup.Visit(server: _setup.Server(recordSizeLimit: sizeLimit))[0];
        var client = new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            TimeProvider = _setup.Clock,
            MiddleboxCompatibility = compatibility,
            RecordPadding = padding,
        };
        using EnginePair pair = _setup.Pair(client, _setup.Server(recordSizeLimit: sizeLimit));
        Assert.Equal(Target, LengthOf(pair, new TlsClientStart { PaddedLength = Target, Session = session, EarlyData = _request }));
    }

    [Fact]
    public void PaddedHello_IsTakenByTheServer()
    {
        TlsSession session = _setup.Visit()[0];
        using EnginePair pair = _setup.Pair();
        pair.Handshake(new TlsClientStart { PaddedLength = Target, Session = session, EarlyData = _request });
        ResumptionTests.AssertResumed(pair);
        Assert.Equal(_request, pair.Server.Plaintext.ToArray());
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void Padding_StopsWhereTheSynIsFull()
    {
        using EnginePair pair = _setup.Pair();
        Assert.Equal(1000, LengthOf(pair, new TlsClientStart { PaddedLength = Target, SynRoom = 1000 }));
    }

    /// <summary>An extension has four bytes at least: what lacks fewer stays short, and nothing gets longer than the room.</summary>
    [Fact]
    public void Padding_IsNeverTooLong()
    {
        using EnginePair bare = _setup.Pair();
        int length = LengthOf(bare, default);
        for (int more = -1; more <= 6; more++)
        {
            using EnginePair pair = _setup.Pair();
            int expected = more >= 4 ? length + more : length;
            Assert.Equal(expected, LengthOf(pair, new TlsClientStart { PaddedLength = length + more }));
        }
    }

    /// <summary>The address is proven by then; and the second hello may leave the padding out (RFC 8446 section 4.1.2).</summary>
    [Fact]
    public void SecondHello_IsNotPadded()
    {
        TlsServerConfiguration server = _setup.Server(groups: [NamedGroup.Secp384r1]);
        using EnginePair pair = _setup.Pair(server: server);
        Assert.Equal(Target, LengthOf(pair, new TlsClientStart { PaddedLength = Target }, out byte[] flight));
        pair.Server.Deliver(flight);
        pair.Client.Deliver(pair.Server.TakeOutput());
        byte[] second = pair.Client.TakeOutput();
        Assert.InRange(second.Length, 200, 500);
        pair.Server.Deliver(second);
        pair.Client.Deliver(pair.Server.TakeOutput());
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.True(pair.Server.Engine.IsHandshakeComplete);
        Assert.True(pair.Server.Engine.Negotiated.HelloRetryRequested);
    }

    /// <summary>RFC 7685 section 3: an extension of zeros, in the hello.</summary>
    [Fact]
    public void Padding_IsInTheHello()
    {
        using EnginePair pair = _setup.Pair();
        LengthOf(pair, new TlsClientStart { PaddedLength = Target }, out byte[] flight);
        ClientHello hello = ClientHello.Parse(flight.AsSpan(RecordHeader.Size + 4));
        Assert.True(hello.Present.Contains(ExtensionType.Padding));
        Assert.InRange(hello.Padding, 900, 1100);
        Assert.Equal(Target, pair.ClientEngine.ClientHelloLength);
    }

    private static int LengthOf(EnginePair pair, in TlsClientStart start) => LengthOf(pair, start, out _);

    private static int LengthOf(EnginePair pair, in TlsClientStart start, out byte[] flight)
    {
        pair.ClientEngine.Start(start, pair.Client.Output);
        flight = pair.Client.TakeOutput();
        return flight.Length;
    }
}
