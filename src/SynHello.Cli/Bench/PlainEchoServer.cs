namespace SynHello.Cli;

/// <summary>Over bare TCP.</summary>
internal sealed class PlainEchoServer : SocketEchoServer
{
    public PlainEchoServer() => Start();

    protected override Task ServeAsync(Stream transport) => EchoAsync(transport);
}
