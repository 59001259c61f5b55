using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace SynHello.AspNetCore.Tests;

/// <summary>Endpoints of MVC, whose own attributes stand in front of what is said of them all.</summary>
[Route("early")]
public sealed class EarlyController(Action<HttpContext> note) : ControllerBase
{
    [HttpGet("in")]
    public string In() => Run();

    [HttpGet("out")]
    [DisallowEarlyData]
    public string Out() => Run();

    private string Run()
    {
        note(HttpContext);
        return "here";
    }
}
