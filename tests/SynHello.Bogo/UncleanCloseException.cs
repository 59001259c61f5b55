namespace SynHello.Bogo;

/// <summary>The transport ended without a close_notify, which some tests want to be told.</summary>
internal sealed class UncleanCloseException() : Exception("Unexpected SSL_shutdown result: -1 != 1");
