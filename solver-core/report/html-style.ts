/** The style sheet of the report: light and dark by the reader's preference, forced colours and print respected; no image, no font file. */
export const reportStyle = `
:root{color-scheme:light dark;--bg:#fbfbf9;--panel:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#e2e3de;--accent:#0b5f78;--good:#17693a;--warn:#8a5300;--bad:#a3261b;
--compute:#0072b2;--weights:#d55e00;--activations:#009e73;--static:#8b8f97;--other:#b06a9c;--registers:#56b4e9;--array:#e0a500;--offchip:#a0449c;--sgd:#d55e00;--solve:#0072b2;--incremental:#009e73;--chip:#eef1f0}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--panel:#1b1f23;--ink:#e6e8ea;--soft:#9aa4af;--line:#2d3339;--accent:#6cc3de;--good:#6fd197;--warn:#e8b461;--bad:#ff8f84;
--compute:#56a8e0;--weights:#f08c4a;--activations:#3fc79d;--static:#7d858f;--other:#d495c3;--registers:#8fd0f4;--array:#e9c14b;--offchip:#cf86d6;--sgd:#f08c4a;--solve:#56a8e0;--incremental:#3fc79d;--chip:#262c31}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:40px 28px 72px}
header{margin-bottom:28px}
.kicker{margin:0 0 4px;color:var(--accent);font-weight:600;font-size:13px;letter-spacing:.04em}
h1{margin:0;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:44px 0 6px;font-size:19px;font-weight:640}
h3{margin:22px 0 6px;font-size:15px;font-weight:620}
p{margin:6px 0;max-width:75ch}
.lead,.note{color:var(--soft)}
.note{font-size:13.5px}
.name{unicode-bidi:isolate;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.93em;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin:26px 0 0;padding:0;list-style:none}
.card{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:16px 18px 14px}
.card .what{color:var(--soft);font-size:13.5px}
.card .big{display:block;font-size:27px;font-weight:640;letter-spacing:-.01em;line-height:1.3;font-variant-numeric:tabular-nums;white-space:nowrap}
.card .band{display:block;color:var(--soft);font-size:13px;margin-bottom:8px}
.card.first{border-color:var(--accent);box-shadow:inset 0 3px 0 var(--accent)}
.source{display:inline-block;font-size:11.5px;line-height:1;padding:3px 6px;border-radius:4px;background:var(--chip);color:var(--soft);border:1px solid transparent}
.source.measured{background:none;border:1px solid var(--good);color:var(--good)}
.source.simulated{background:none;border:1px solid var(--accent);color:var(--accent)}
.source.assumed{background:none;border:1px dashed var(--warn);color:var(--warn)}
figure{margin:14px 0 0;background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:16px 18px}
figure .wide{overflow-x:auto}
svg{display:block;width:100%;min-width:680px;height:auto}
svg text{fill:var(--ink);font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
svg text.soft{fill:var(--soft);font-size:12px}
svg text.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
svg .grid{stroke:var(--line)}
.f-compute{fill:var(--compute)}.f-weights,.f-memory{fill:var(--weights)}.f-activations{fill:var(--activations)}.f-static{fill:var(--static)}.f-registers{fill:var(--registers)}.f-array{fill:var(--array)}.f-offchip{fill:var(--offchip)}.f-other{fill:var(--other)}
.m-sgd{fill:var(--sgd);stroke:var(--sgd)}.m-solve{fill:var(--solve);stroke:var(--solve)}.m-incremental{fill:var(--incremental);stroke:var(--incremental)}
.legend{display:flex;flex-wrap:wrap;gap:6px 20px;margin:0 0 10px;padding:0;list-style:none;font-size:13.5px;color:var(--soft)}
.legend svg{display:inline-block;width:14px;min-width:0;height:14px;vertical-align:-2px;margin-right:6px}
figcaption{margin-top:10px;color:var(--soft);font-size:13.5px}
.scroll{position:relative;overflow-x:auto;margin-top:14px;background:var(--panel);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{caption-side:top;text-align:left;padding:12px 14px 4px;color:var(--soft);font-size:13.5px}
th,td{padding:8px 13px;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{border-top:0;font-weight:600;font-size:13px;color:var(--soft);white-space:nowrap}
tbody th{font-weight:500;min-width:150px}
td .source,td .source.assumed,td .source.measured,td .source.simulated{padding:0;border:0;background:none}
tfoot th,tfoot td{border-top:2px solid var(--line);font-weight:600}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td .value{display:block}
td .band{display:block;color:var(--soft);font-size:12px;font-weight:400;margin-bottom:3px}
td.plain{white-space:nowrap}
.spoken{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
td.none{color:var(--soft)}
.tier{display:inline-block;padding:1px 8px;border-radius:99px;font-size:12.5px;border:1px solid var(--line);white-space:nowrap}
.tier.lower{border-color:var(--solve);color:var(--solve)}.tier.upper{border-color:var(--good);color:var(--good)}.tier.frozen{color:var(--soft)}
.status{font-weight:600}.status.met{color:var(--good)}.status.exceeded{color:var(--bad)}.status.uncertain,.status.unknown{color:var(--warn)}
.beforeafter{display:grid;grid-template-columns:1fr auto 1fr;gap:18px;align-items:center;max-width:560px;margin:16px 0 4px}
.beforeafter .box{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:12px 18px}
.beforeafter .box.after{border-color:var(--accent);box-shadow:inset 0 3px 0 var(--accent)}
.beforeafter .big{display:block;font-size:25px;font-weight:640;font-variant-numeric:tabular-nums}
.beforeafter .arrow{color:var(--soft);font-size:24px}
.beforeafter .band{display:block;color:var(--soft);font-size:13.5px}
.stale{border-left:3px solid var(--warn);padding:6px 12px;background:var(--panel);color:var(--warn)}
.assumptions{margin:12px 0 0;padding:0;list-style:none}
.assumptions li{padding:9px 0;border-top:1px solid var(--line);display:grid;grid-template-columns:170px 1fr;gap:4px 18px}
.assumptions li:first-child{border-top:0}
.assumptions .key{font-weight:600}
.dominates{display:inline-block;margin-left:6px;font-size:11.5px;line-height:1;padding:3px 6px;border-radius:4px;color:var(--bg);background:var(--ink);font-weight:500}
button.figure{all:unset;box-sizing:border-box;cursor:pointer;display:block;width:100%;text-align:inherit;border-radius:4px}
button.figure:hover .value,button.figure:hover .big{text-decoration:underline;text-decoration-color:var(--accent);text-underline-offset:3px}
button.figure:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
.drawer{display:none;position:fixed;inset:0 0 0 auto;width:min(430px,100vw);height:100vh;height:100dvh;max-height:none;margin:0;padding:26px 28px 40px;overflow-y:auto;border:0;border-left:1px solid var(--line);background:var(--panel);color:var(--ink);text-align:left;white-space:normal;font-size:14px;font-weight:400;overflow-wrap:anywhere;box-shadow:-12px 0 32px rgb(0 0 0/.16)}
.drawer:popover-open{display:block}
.drawer::backdrop{background:rgb(0 0 0/.22)}
.drawer .kicker{text-transform:none}
.drawer .what{margin:10px 0 0;font-weight:600}
.drawer .big{margin:2px 0 14px;font-size:27px;font-weight:640;font-variant-numeric:tabular-nums}
.drawer ul{margin:6px 0 22px;padding-left:18px}
.drawer li{margin:5px 0}
.drawer .source{padding:3px 6px}
.drawer .close{font:inherit;color:var(--accent);background:none;border:1px solid var(--line);border-radius:6px;padding:6px 14px;cursor:pointer}
.drawer .close:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.meter{display:inline-block;width:60px;min-width:0;height:8px;vertical-align:1px;margin-right:6px}
.meter .track{fill:var(--line)}.meter .fill{fill:var(--accent)}
details{margin-top:12px}
td.note{min-width:260px;white-space:normal}
summary{cursor:pointer;color:var(--accent)}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:10px 0;font-size:13.5px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:52px;padding-top:16px;border-top:1px solid var(--line);color:var(--soft);font-size:13px}
@media (max-width:640px){main{padding:24px 16px 48px}.assumptions li{grid-template-columns:1fr}.beforeafter{grid-template-columns:1fr}.beforeafter .arrow{display:none}}
@media (forced-colors:active){.f-compute,.f-weights,.f-activations,.f-static,.f-registers,.f-array,.f-offchip,.f-other,.m-sgd,.m-solve,.m-incremental{forced-color-adjust:none}}
@media print{.drawer{display:none!important}body{background:#fff}figure,.scroll,.card{break-inside:avoid}.scroll{overflow:visible}}
`;
