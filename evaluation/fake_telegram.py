"""A Telegram Bot API on loopback, over real HTTP, for tests and measurements; plays the people and the faults.

Run:   python evaluation/fake_telegram.py 8081
PTB:   ApplicationBuilder().token("1:AAA").base_url("http://127.0.0.1:8081/bot").base_file_url("http://127.0.0.1:8081/file/bot")
Control API (plays the people):
  POST /_ctl/inject   {"chat_id":5001,"text":"xin chào","user_id":5001,"thread":7,"raw":{...}, "repeat":1}  -> {"update_id":n}
  POST /_ctl/tap      {"chat_id":5001,"message_id":3,"data":"x","user_id":5001}
  POST /_ctl/update   {...raw update without update_id...}      POST /_ctl/dup {"update_id":n}  (re-delivers, same id)
  POST /_ctl/fault    {"method":"sendMessage","status":429,"retry_after":2,"times":1,"delay":0,"drop":false}
  POST /_ctl/edit     {"chat_id":5001,"message_id":3,"text":"..."}      POST /_ctl/delete_topic {"chat_id":-100,"thread":7}
  POST /_ctl/leave    {"chat_id":-100,"user_id":42}                     POST /_ctl/close_topic  {"chat_id":-100,"thread":7}
  POST /_ctl/weather  {"seed":1,"duplicate":0.05,"late":0.1,"late_s":1,"flood":0.02,"lost":0.02,"drop":0.02,"bad_gateway":0.02}
                      duplicate, late: shares of updates delivered twice, or late and so out of order; the rest: shares of what
                      the bot sends that is refused for a second, takes effect without an answer, or has no effect. {} ends it.
  POST /_ctl/limits   {"on":true,"scale":30}   flood limits of groups and chats; scale: how much faster their clock runs
  POST /_ctl/closed   {"refuse":true}          whether a closed topic refuses the bot too, as it does where the bot is no admin
  POST /_ctl/file     {"file_id":"F1","base64":"..."}  what getFile and the download of this file give; "size": so many zero
                      bytes; neither: Telegram has it no more
  POST /_ctl/balance  {"urls":["http://127.0.0.1:8090",...]}  where a webhook's updates go in turn, as behind a load balancer
  POST /_ctl/block    {"chat_id":5001}      POST /_ctl/reset {}      GET /_ctl/calls[?method=]   GET /_ctl/chat/5001
  POST /_ctl/news     {"after":n}   what the bot has said after its first n messages      POST /_ctl/waiting {}
  GET  /_ctl/said     every message of every chat there ever was, also deleted ones, with the texts it had before
"""

import asyncio
import base64
import collections
import contextlib
import copy
import itertools
import json
import random
import re
import sys
import time

from aiohttp import ClientSession, ClientTimeout, web

BOT = {
    "id": 1,
    "is_bot": True,
    "first_name": "Bot",
    "username": "fake_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": True,
    "supports_inline_queries": False,
}


def u16(s):
    return len(s.encode("utf-16-le")) // 2


class ApiError(Exception):
    def __init__(self, code, desc, params=None):
        self.code, self.desc, self.params = code, desc, params


class Fake:
    def __init__(self):
        self.reset()

    def reset(self):
        self.uid = itertools.count(1000)
        self.queue = collections.OrderedDict()
        self.sent = {}
        self.msgs = collections.defaultdict(dict)
        self.mid = collections.Counter()
        self.threads = collections.defaultdict(dict)
        self.calls = []
        self.faults = []
        self.blocked = set()
        self.hook = None
        self.behind = None
        self.commands = {}
        self.cbq = {}
        self.files = {}
        self.new = asyncio.Event()
        self.polling = None
        self.hookq = None
        self.limits = False
        self.scale = 1
        self.weather = {}
        self.dice = random.Random(0)
        self.closed_refuse = False
        self.waiting = {}
        self.log = []
        self.deleted = collections.defaultdict(list)
        self.delivery = itertools.count()
        self.hits = collections.defaultdict(collections.deque)

    def chat(self, cid):
        cid = int(cid)
        return (
            {"id": cid, "type": "private", "first_name": f"U{cid}"}
            if cid > 0
            else {"id": cid, "type": "supergroup", "title": f"G{cid}", "is_forum": True}
        )

    def store(self, cid, **kw):
        cid = int(cid)
        self.mid[cid] += 1
        m = {"message_id": self.mid[cid], "date": int(time.time()), "chat": self.chat(cid), **kw}
        m["_at"] = time.time()
        self.msgs[cid][m["message_id"]] = m
        if kw.get("from") == BOT:
            self.log.append(m)
        return m

    def push(self, upd):
        upd = {"update_id": next(self.uid), **upd}
        self.sent[upd["update_id"]] = upd
        for _ in range(1 + (self.dice.random() < self.weather.get("duplicate", 0))):
            late = self.dice.random() < self.weather.get("late", 0)
            if late:
                wait = self.dice.random() * self.weather.get("late_s", 1)
                asyncio.get_running_loop().call_later(wait, self.deliver, upd)
            else:
                self.deliver(upd)
        return upd["update_id"]

    def deliver(self, upd):
        if self.hook:
            number = next(self.delivery)
            self.waiting[number] = upd
            self.hookq.put_nowait(number)
        else:
            self.queue[upd["update_id"]] = upd
            self.new.set()

    # ---- checks shared by the send* methods
    def target(self, p):
        if "chat_id" not in p:
            raise ApiError(400, "Bad Request: chat_id is empty")
        try:
            cid = int(p["chat_id"])
        except ValueError:
            raise ApiError(400, "Bad Request: chat not found")
        if cid in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        t = p.get("message_thread_id")
        if t is not None:
            st = self.threads[cid].get(int(t))
            if st is None:
                raise ApiError(400, "Bad Request: message thread not found")
            if st == "closed" and self.closed_refuse:
                raise ApiError(400, "Bad Request: TOPIC_CLOSED")
        if self.limits:
            now = time.time()
            # Short bursts to one person are taken.
            for key, n, per in ((("all",), 30, 1), (("chat", cid), *((20, 60) if cid < 0 else (5, 5)))):
                per /= self.scale
                d = self.hits[key]
                while d and d[0] < now - per:
                    d.popleft()
                if len(d) >= n:
                    raise ApiError(429, "Too Many Requests: retry after 1", {"retry_after": 1})
            self.hits[("all",)].append(now)
            self.hits[("chat", cid)].append(now)
        return cid

    def markup(self, p):
        m = p.get("reply_markup")
        if isinstance(m, str):
            m = json.loads(m)
        for row in (m or {}).get("inline_keyboard", []):
            for b in row:
                if "callback_data" in b and not 1 <= len(b["callback_data"].encode()) <= 64:
                    raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        return m

    def text(self, p, key="text", limit=4096):
        t = p.get(key) or ""
        if p.get("parse_mode", "").lower() == "html":
            if re.search(
                r"<(?!/?(b|strong|i|em|u|ins|s|strike|del|span|tg-spoiler|a|code|pre|blockquote|tg-emoji)\b)", t
            ):
                raise ApiError(400, "Bad Request: can't parse entities: Unsupported start tag")
            t = re.sub(r"<[^>]+>", "", t).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        elif p.get("parse_mode") == "MarkdownV2":
            bad = re.search(r"(?<!\\)[.!\-=|{}#+>]", t)
            if bad:
                raise ApiError(
                    400,
                    f"Bad Request: can't parse entities: Character '{bad.group()}' is reserved and must be escaped with the preceding '\\'",
                )
            t = re.sub(r"\\(.)", r"\1", t)
        if not t.strip() and key == "text":
            raise ApiError(400, "Bad Request: message text is empty")
        if u16(t) > limit:
            raise ApiError(
                400, "Bad Request: message is too long" if key == "text" else "Bad Request: message caption is too long"
            )
        return t

    def own(self, cid, p):
        m = self.msgs[cid].get(int(p["message_id"]))
        return m

    # ---- methods
    async def call(self, name, p):
        f = getattr(self, "m_" + name.lower(), None)
        if not f:
            raise ApiError(404, "Not Found: method not found")
        r = f(p)
        return await r if asyncio.iscoroutine(r) else r

    def m_getme(self, p):
        return BOT

    async def m_getupdates(self, p):
        if self.hook:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        me = object()
        self.polling = me
        off = int(p.get("offset", 0))
        lim = int(p.get("limit", 100))
        if off < 0:
            for k in list(self.queue)[:off]:
                self.queue.pop(k)
        else:
            for k in [k for k in self.queue if k < off]:
                self.queue.pop(k)
        end = time.time() + min(int(p.get("timeout", 0)), 50)
        self.new.set()
        self.new = asyncio.Event()
        while not self.queue and time.time() < end:
            try:
                await asyncio.wait_for(self.new.wait(), end - time.time())
            except TimeoutError:
                break
            if self.polling is not me:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
            if not self.queue:
                self.new.clear()
        return list(self.queue.values())[:lim]

    def m_setwebhook(self, p):
        if not p.get("url"):
            return self.m_deletewebhook(p)
        st = p.get("secret_token", "")
        if st and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", st):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        self.m_deletewebhook(p)
        connections = int(p.get("max_connections", 40))
        self.hook = {"url": p["url"], "secret": st, "last_error_message": None, "connections": connections}
        self.hookq = asyncio.Queue()
        queued = list(self.queue.values())
        self.queue.clear()
        for u in queued:
            self.deliver(u)
        self.hook["task"] = asyncio.create_task(self.pump(self.hook, self.hookq))
        return True

    def m_deletewebhook(self, p):
        if self.hook:
            self.hook["task"].cancel()
            # What was on its way is delivered again, so nothing is lost and something may come twice.
            self.queue.update((u["update_id"], u) for u in self.waiting.values())
            self.waiting.clear()
        self.hook = None
        if str(p.get("drop_pending_updates")).lower() == "true":
            self.queue.clear()
        return True

    def m_getwebhookinfo(self, p):
        h = self.hook or {}
        r = {
            "url": h.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.waiting) if self.hook else len(self.queue),
        }
        if h.get("last_error_message"):
            r.update(last_error_date=int(time.time()), last_error_message=h["last_error_message"])
        return r

    async def pump(self, hook, q):
        """Like Telegram: several connections, so order is not kept; again and again until the answer is 2xx."""
        async with ClientSession(timeout=ClientTimeout(total=60)) as s:

            async def worker():
                while True:
                    number = await q.get()
                    wait = 0.05
                    while number in self.waiting:
                        try:
                            h = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
                            url = hook["url"]
                            if self.behind:
                                url = next(self.behind) + "/" + url.split("/", 3)[3]
                            async with s.post(url, json=self.waiting[number], headers=h) as r:
                                if 200 <= r.status < 300:
                                    self.waiting.pop(number, None)
                                    break
                                hook["last_error_message"] = f"Wrong response from the webhook: {r.status}"
                        except Exception as e:
                            hook["last_error_message"] = repr(e)
                        await asyncio.sleep(wait)
                        wait = min(wait * 2, 1)

            await asyncio.gather(*(worker() for _ in range(hook["connections"])))

    def m_sendmessage(self, p):
        cid = self.target(p)
        mk = self.markup(p)
        kw = {"from": BOT, "text": self.text(p)}
        if mk and "inline_keyboard" in mk:
            kw["reply_markup"] = mk
        elif mk:
            kw["_reply_keyboard"] = mk
        self.placed(p, cid, kw)
        return self.store(cid, **kw)

    def placed(self, p, cid, kw):
        """Say in which topic a message stands and which one it answers."""
        if p.get("message_thread_id"):
            kw.update(message_thread_id=int(p["message_thread_id"]), is_topic_message=True)
        reply = p.get("reply_parameters")
        reply = json.loads(reply) if isinstance(reply, str) else reply
        if reply:
            answered = self.msgs[cid].get(int(reply["message_id"]))
            if answered is None and not reply.get("allow_sending_without_reply"):
                raise ApiError(400, "Bad Request: message to be replied not found")
            if answered:
                kw["reply_to_message"] = {k: answered[k] for k in ("message_id", "date", "chat")}

    def _media(self, kind, p):
        cid = self.target(p)
        v = p.get(kind)
        if v is None:
            raise ApiError(400, f"Bad Request: there is no {kind} in the request")
        fid = f"F{len(self.files)}"
        self.files[fid] = v if isinstance(v, bytes) else str(v).encode()
        obj = {"file_id": fid, "file_unique_id": fid, "width": 90, "height": 90, "duration": 1}
        kw = {"from": BOT, kind: [obj] if kind == "photo" else obj, "caption": self.text(p, "caption", 1024) or None}
        self.placed(p, cid, kw)
        return self.store(cid, **{k: v for k, v in kw.items() if v is not None})

    def m_sendphoto(self, p):
        return self._media("photo", p)

    def m_senddocument(self, p):
        return self._media("document", p)

    def m_sendvoice(self, p):
        return self._media("voice", p)

    def m_sendvideo(self, p):
        return self._media("video", p)

    def m_sendlocation(self, p):
        return self.store(
            self.target(p),
            **{"from": BOT, "location": {"latitude": float(p["latitude"]), "longitude": float(p["longitude"])}},
        )

    def m_editmessagetext(self, p):
        cid = self.target({"chat_id": p["chat_id"]})
        m = self.own(cid, p)
        if not m:
            raise ApiError(400, "Bad Request: message to edit not found")
        if m["from"]["id"] != BOT["id"] or "text" not in m:
            raise ApiError(400, "Bad Request: message can't be edited")
        t, mk = self.text(p), self.markup(p)
        if m.get("text") == t and m.get("reply_markup") == mk:
            raise ApiError(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
            )
        m.setdefault("_before", []).append(m["text"])
        m.update(text=t, edit_date=int(time.time()))
        m.pop("reply_markup", None)
        if mk:
            m["reply_markup"] = mk
        return m

    def m_editmessagereplymarkup(self, p):
        m = self.own(int(p["chat_id"]), p)
        if not m:
            raise ApiError(400, "Bad Request: message to edit not found")
        mk = self.markup(p)
        m.pop("reply_markup", None)
        if mk:
            m["reply_markup"] = mk
        return m

    def m_deletemessage(self, p):
        if self.msgs[int(p["chat_id"])].pop(int(p["message_id"]), None) is None:
            raise ApiError(400, "Bad Request: message to delete not found")
        return True

    def m_answercallbackquery(self, p):
        if self.cbq.pop(p.get("callback_query_id"), None) is None:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    def m_sendchataction(self, p):
        self.target(p)
        return True

    def _copy(self, p, fwd):
        cid = self.target(p)
        src = self.msgs[int(p["from_chat_id"])].get(int(p["message_id"]))
        if not src:
            raise ApiError(400, "Bad Request: message to %s not found" % ("forward" if fwd else "copy"))
        kw = {
            k: v
            for k, v in src.items()
            if k in ("text", "photo", "document", "voice", "video", "location", "contact", "caption", "sticker")
        }
        kw["from"] = BOT
        if p.get("caption"):
            kw["caption"] = self.text(p, "caption", 1024)
        self.placed(p, cid, kw)
        if fwd:
            kw["forward_origin"] = {"type": "user", "date": src["date"], "sender_user": src["from"]}
        return self.store(cid, **kw)

    def m_copymessage(self, p):
        return {"message_id": self._copy(p, False)["message_id"]}

    def m_forwardmessage(self, p):
        return self._copy(p, True)

    def m_createforumtopic(self, p):
        cid = self.target(p)
        if cid > 0:
            raise ApiError(400, "Bad Request: the chat is not a forum")
        if not 1 <= u16(p.get("name", "")) <= 128:
            raise ApiError(400, "Bad Request: topic name is invalid")
        m = self.store(cid, **{"from": BOT, "forum_topic_created": {"name": p["name"], "icon_color": 7322096}})
        t = m["message_id"]
        m.update(message_thread_id=t, is_topic_message=True)
        self.threads[cid][t] = "open"
        # Unlike other messages of its own, a bot is sent this one. Source: tdlib/telegram-bot-api, need_skip_update_message.
        self.push({"message": copy.deepcopy(plain(m))})
        return {"message_thread_id": t, "name": p["name"], "icon_color": 7322096}

    def _topic(self, p, st):
        d = self.threads[int(p["chat_id"])]
        t = int(p["message_thread_id"])
        if t not in d:
            raise ApiError(400, "Bad Request: message thread not found")
        if st == d[t]:
            raise ApiError(400, "Bad Request: TOPIC_NOT_MODIFIED")
        if st:
            d[t] = st
        else:
            d.pop(t)
            cid = int(p["chat_id"])
            for m in [m for m in self.msgs[cid].values() if m.get("message_thread_id") == t]:
                self.deleted[cid].append(self.msgs[cid].pop(m["message_id"]))
        return True

    def m_closeforumtopic(self, p):
        return self._topic(p, "closed")

    def m_reopenforumtopic(self, p):
        return self._topic(p, "open")

    def m_deleteforumtopic(self, p):
        return self._topic(p, None)

    def m_editforumtopic(self, p):
        return self._topic(p, "edit") or True

    def m_setmycommands(self, p):
        cmds = p["commands"]
        cmds = json.loads(cmds) if isinstance(cmds, str) else cmds
        if len(cmds) > 100 or any(
            not re.fullmatch(r"[a-z0-9_]{1,32}", c["command"]) or not 1 <= len(c["description"]) <= 256 for c in cmds
        ):
            raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        self.commands[(json.dumps(p.get("scope")), p.get("language_code", ""))] = cmds
        return True

    def m_getmycommands(self, p):
        return self.commands.get((json.dumps(p.get("scope")), p.get("language_code", "")), [])

    def m_getfile(self, p):
        if p["file_id"] not in self.files:
            raise ApiError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(self.files[p["file_id"]]) > 20 * 2**20:
            raise ApiError(400, "Bad Request: file is too big")
        return {
            "file_id": p["file_id"],
            "file_unique_id": p["file_id"],
            "file_size": len(self.files[p["file_id"]]),
            "file_path": "x/" + p["file_id"],
        }

    def m_getchat(self, p):
        return {
            **self.chat(p["chat_id"]),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False,
                "limited_gifts": False,
                "unique_gifts": False,
                "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }

    def m_getchatmember(self, p):
        return {"status": "member", "user": {"id": int(p["user_id"]), "is_bot": False, "first_name": "U"}}

    def _true(self, p):
        return True

    def m_setmessagereaction(self, p):
        m = self.msgs[int(p["chat_id"])].get(int(p["message_id"]))
        if not m:
            raise ApiError(400, "Bad Request: message to react not found")
        reaction = p.get("reaction") or []
        reaction = json.loads(reaction) if isinstance(reaction, str) else reaction
        m["_reactions"] = [one.get("emoji") for one in reaction]
        return True

    def m_pinchatmessage(self, p):
        m = self.msgs[int(p["chat_id"])].get(int(p["message_id"]))
        if not m:
            raise ApiError(400, "Bad Request: message to pin not found")
        m["_pinned"] = True
        return True

    m_unpinchatmessage = m_setmydescription = m_setmyshortdescription = m_setmyname = m_setchatmenubutton = m_logout = (
        m_close
    ) = m_banchatmember = _true


F = None
_SENDS = ("sendmessage", "copymessage", "editmessagetext", "createforumtopic", "setmessagereaction", "closeforumtopic")


def plain(value):
    """Leave out what is kept for the control API alone."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if not k.startswith("_")}
    return [plain(v) for v in value] if isinstance(value, list) else value


def storm(name):
    """Return the fault that the weather has for this call, or None."""
    if not F.weather or name.lower() not in _SENDS:
        return None
    dice = F.dice.random()
    for kind, fault in (
        ("flood", {"status": 429, "retry_after": 1}),
        ("lost", {"after": True}),
        ("drop", {"drop": True}),
        ("bad_gateway", {"status": 502, "description": "Bad Gateway"}),
    ):
        dice -= F.weather.get(kind, 0)
        if dice < 0:
            return {"method": "*", "times": 1, **fault}
    return None


async def api(req):
    name = req.match_info["method"]
    p = dict(req.query)
    if req.can_read_body:
        if req.content_type == "application/json":
            p.update(await req.json())
        elif req.content_type.startswith("multipart"):
            async for part in await req.multipart():
                p[part.name] = bytes(await part.read()) if part.filename else (await part.text())
            for k, v in list(p.items()):
                if isinstance(v, str) and v.startswith("attach://"):
                    p[k] = p.get(v[9:], v)
        else:
            p.update(await req.post())
    F.calls.append(
        {
            "t": time.time(),
            "method": name,
            "params": {k: (v if not isinstance(v, bytes) else f"<{len(v)} bytes>") for k, v in p.items()},
        }
    )
    if not re.fullmatch(r"\d+:[\w-]+", req.match_info["token"]):
        return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
    for f in [*F.faults, *filter(None, [storm(name)])]:
        if f["method"] in ("*", name) and f["times"] > 0:
            f["times"] -= 1
            if f.get("delay"):
                await asyncio.sleep(f["delay"])
            if f.get("drop"):
                req.transport.close()
                return web.Response()
            if f.get("after"):  # the request takes effect, but the answer is lost
                with contextlib.suppress(ApiError):
                    await F.call(name, p)
                req.transport.close()
                return web.Response()
            if f.get("status"):
                b = {
                    "ok": False,
                    "error_code": f["status"],
                    "description": f.get("description", "Too Many Requests: retry after %s" % f.get("retry_after", 1)),
                }
                if f["status"] == 429:
                    b["parameters"] = {"retry_after": f.get("retry_after", 1)}
                return web.json_response(b, status=f["status"])
    try:
        return web.json_response({"ok": True, "result": plain(await F.call(name, p))})
    except ApiError as e:
        b = {"ok": False, "error_code": e.code, "description": e.desc}
        if e.params:
            b["parameters"] = e.params
        return web.json_response(b, status=e.code)


async def ctl(req):
    op = req.match_info["op"]
    p = (await req.json()) if req.can_read_body else {}
    if op == "reset":
        F.m_deletewebhook({})
        F.reset()
    elif op == "inject":
        ids = []
        for i in range(int(p.get("repeat", 1))):
            cid = p["chat_id"] + (i % p["spread"] if p.get("spread") else 0)
            user = {
                "id": p.get("user_id", cid if cid > 0 else 1),
                "is_bot": False,
                "first_name": p.get("name", "Lan"),
                "language_code": "vi",
            }
            kw = {"from": user, **p.get("raw", {})}
            if "text" in p:
                kw["text"] = p["text"]
                if p["text"].startswith("/"):
                    kw["entities"] = [{"type": "bot_command", "offset": 0, "length": len(p["text"].split()[0])}]
            if p.get("thread"):
                if F.threads[cid].get(p["thread"]) != "open":
                    # A member cannot write into a topic that is closed or gone.
                    return web.json_response({"update_ids": [], "message_ids": []})
                kw.update(message_thread_id=p["thread"], is_topic_message=True)
            if p.get("reply_to"):
                answered = F.msgs[cid].get(p["reply_to"])
                if answered:
                    kw["reply_to_message"] = {k: v for k, v in answered.items() if k != "reply_to_message"}
            message = F.store(cid, **kw)
            # As it was when it was sent: a later edit is an update of its own.
            ids.append((F.push({"message": copy.deepcopy(plain(message))}), message["message_id"]))
        return web.json_response({"update_ids": [i for i, _ in ids], "message_ids": [m for _, m in ids]})
    elif op == "edit":
        m = F.msgs[p["chat_id"]].get(p["message_id"])
        if m is None:
            return web.json_response({"update_id": None})
        m.setdefault("_before", []).append(m.get("text", ""))
        m.update(text=p["text"], edit_date=int(time.time()))
        return web.json_response({"update_id": F.push({"edited_message": copy.deepcopy(plain(m))})})
    elif op in ("delete_topic", "close_topic", "reopen_topic"):
        with contextlib.suppress(ApiError):
            state = {"delete_topic": None, "close_topic": "closed", "reopen_topic": "open"}[op]
            F._topic({"chat_id": p["chat_id"], "message_thread_id": p["thread"]}, state)
    elif op == "leave":
        user = {"id": p["user_id"], "is_bot": False, "first_name": "Lan"}
        F.push(
            {
                "chat_member": {
                    "chat": F.chat(p["chat_id"]),
                    "from": user,
                    "date": int(time.time()),
                    "old_chat_member": {"status": "member", "user": user},
                    "new_chat_member": {"status": "left", "user": user},
                }
            }
        )
    elif op == "weather":
        F.weather = p
        F.dice = random.Random(p.get("seed", 0))
    elif op == "closed":
        F.closed_refuse = p["refuse"]
    elif op == "said":
        everything = {}
        for cid in {*F.msgs, *F.deleted}:
            everything[cid] = [*F.deleted[cid], *F.msgs[cid].values()]
        return web.json_response(everything)
    elif op == "news":
        return web.json_response(plain(F.log[p["after"] :]))
    elif op == "waiting":
        return web.json_response({"updates": len(F.waiting) + len(F.queue)})
    elif op == "tap":
        m = F.msgs[p["chat_id"]].get(p["message_id"])
        if m is None:
            return web.json_response({"update_id": None, "query_id": None})
        q = f"q{next(F.uid)}"
        F.cbq[q] = 1
        user = {"id": p.get("user_id", p["chat_id"]), "is_bot": False, "first_name": "Lan", "language_code": "vi"}
        return web.json_response(
            {
                "update_id": F.push(
                    {
                        "callback_query": {
                            "id": q,
                            "from": user,
                            "message": copy.deepcopy(plain(m)),
                            "chat_instance": "1",
                            "data": p["data"],
                        }
                    }
                ),
                "query_id": q,
            }
        )
    elif op == "update":
        return web.json_response({"update_id": F.push(p)})
    elif op == "dup":
        F.deliver(F.sent[p["update_id"]])
    elif op == "fault":
        F.faults.append({"times": 1, "method": "*", **p})
    elif op == "file":
        F.files.pop(p["file_id"], None)
        if "base64" in p or "size" in p:
            F.files[p["file_id"]] = base64.b64decode(p.get("base64", "")) or bytes(p.get("size", 0))
    elif op == "balance":
        F.behind = itertools.cycle(p["urls"])
    elif op == "block":
        F.blocked.add(p["chat_id"])
    elif op == "limits":
        F.limits = p.get("on", True)
        F.scale = p.get("scale", 1)
    elif op == "calls":
        return web.json_response([c for c in F.calls if req.query.get("method") in (None, c["method"])])
    elif op == "chat":
        return web.json_response(list(F.msgs[int(req.match_info["arg"])].values()))
    elif op == "stats":
        return web.json_response(dict(collections.Counter(c["method"] for c in F.calls)))
    else:
        raise web.HTTPNotFound()
    return web.json_response({"ok": True})


async def download(req):
    fid = req.match_info["path"].split("/")[-1]
    F.calls.append({"t": time.time(), "method": "download", "params": {"file_id": fid}})
    if fid not in F.files or not re.fullmatch(r"\d+:[\w-]+", req.match_info["token"]):
        return web.Response(status=404)
    body = F.files[fid]
    part = req.http_range
    if part.start is None and part.stop is None:
        return web.Response(body=body, headers={"Accept-Ranges": "bytes"})
    start, stop, _ = part.indices(len(body))
    told = {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}", "Accept-Ranges": "bytes"}
    return web.Response(status=206, body=body[start:stop], headers=told)


def make_app():
    app = web.Application(client_max_size=60 * 2**20)

    async def start(_):
        global F
        F = Fake()

    async def stop(_):
        F.m_deletewebhook({})

    app.on_startup.append(start)
    app.on_shutdown.append(stop)
    app.router.add_route("*", "/bot{token}/{method}", api)
    app.router.add_get("/file/bot{token}/{path:.+}", download)
    app.router.add_route("*", "/_ctl/{op}", ctl)
    app.router.add_route("*", "/_ctl/{op}/{arg}", ctl)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8081, print=None)
