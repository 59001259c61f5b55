namespace SynHello.Capture;

/// <summary>Where on the path a capture was made.</summary>
public enum CaptureVantage
{
    /// <summary>At the client: a packet's time is when the client sent it, or when it reached the client.</summary>
    Client,

    /// <summary>At the server: a packet's time is when the server sent it, or when it reached the server.</summary>
    Server,
}
