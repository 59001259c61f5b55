namespace SynHello.Sockets;

/// <summary>How much of Fast Open a path has carried on a connection that worked.</summary>
internal enum FastOpenUse
{
    /// <summary>None.</summary>
    None,

    /// <summary>A SYN with the option alone, which asks for a cookie.</summary>
    Option,

    /// <summary>A SYN with data, taken by the peer or not.</summary>
    Data,
}
