using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>What a ServerHello says in the clear.</summary>
/// <param name="Version">The version that it chooses.</param>
/// <param name="IsHelloRetryRequest">Whether it asks for another ClientHello instead.</param>
/// <param name="TakesPreSharedKey">TLS 1.3: whether it takes a pre-shared key, which resumes a session.</param>
internal readonly record struct ServerHelloChoice(
    ProtocolVersion Version, bool IsHelloRetryRequest, bool TakesPreSharedKey);
