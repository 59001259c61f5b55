using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SynHello.AspNetCore;

/// <summary>An endpoint that the application has described itself.</summary>
/// <param name="Configure">Sets its options.</param>
/// <param name="ConfigureEndPoint">Sets up Kestrel's side of it.</param>
internal sealed record EndPointInCode(Action<SecureListenerOptions> Configure, Action<ListenOptions>? ConfigureEndPoint);
