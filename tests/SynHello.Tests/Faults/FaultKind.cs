namespace SynHello.Tests;

internal enum FaultKind
{
    None,

    /// <summary>Both ends are sent a reset.</summary>
    ResetBoth,

    /// <summary>The client is sent a reset, and the server a FIN.</summary>
    ResetClient,

    /// <summary>The server is sent a reset, and the client a FIN.</summary>
    ResetServer,

    /// <summary>Both ends are sent a FIN.</summary>
    EndBoth,

    /// <summary>Whoever receives is sent a FIN; what else the sender sends goes nowhere, and the other direction goes on.</summary>
    EndReceiver,

    /// <summary>Nothing more arrives in this direction, and nobody is told.</summary>
    Stall,

    /// <summary>Nothing more is taken in this direction until it is resumed: whoever sends is held up.</summary>
    Jam,
}
