namespace SynHello.Capture;

/// <summary>How a capture file is read, and the limits that bound the memory it takes.</summary>
public sealed class PcapReaderOptions
{
    /// <summary>Where the capture was made (default: at the client).</summary>
    public CaptureVantage Vantage { get; init; } = CaptureVantage.Client;

    /// <summary>TCP connections that are kept at most (default 1,024).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public int MaximumFlows
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 1024;

    /// <summary>Packets of one connection that are kept at most (default 20,000).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public int MaximumPacketsPerFlow
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 20_000;

    /// <summary>Bytes of packets that are kept at most, all connections together (default 256 MiB).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public long MaximumBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 256L << 20;
}
