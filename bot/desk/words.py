"""What volunteers read: in their group, on the desk's pages and in answers to their taps."""

from __future__ import annotations

from bot.wording import Sentence

REASONS = {
    "asked_for_person": "người dân muốn gặp người",
    "two_abstentions": "trợ lý hai lần liền chưa hiểu câu hỏi",
    "stuck": "bị kẹt ở một bước, trợ lý chưa có cách xử lý",
    "complaint": "người dân phàn nàn",
    "scam": "có thể đang bị lừa đảo",
    "unreadable": "người dân gửi ảnh hoặc tiếng nói, trợ lý không đọc được",
}
CLOSE_REASONS = {
    "solved": "Đã xong việc",
    "referred": "Đã chỉ tới đúng nơi",
    "cannot": "Ngoài khả năng của tổ",
    "no_reply": "Người dân không trả lời",
    "spam": "Tin rác, quấy rối",
}
# After these ends the last answer may be worth keeping.
HELPED = ("solved", "referred")
# Reasons that nobody taps.
OTHER_CLOSE_REASONS = {"cancelled": "Người dân hủy", "quiet": "Im lặng hai ngày", "by_command": "Đóng bằng lệnh"}
STATES = {
    "waiting": "đang chờ", "claimed": "đang giúp", "closed": "đã đóng", "returned": "trả lại trợ lý", "blocked": "đã chặn",
}  # fmt: skip
ROLES = {"volunteer": "tình nguyện viên", "lead": "trưởng nhóm", "admin": "quản trị"}
LEVELS = {"to": "tổ", "xa": "xã, phường", "tinh": "tỉnh, thành phố"}
# The fields of guides, for what somebody knows best.
FIELDS = {
    "vneid": "VNeID", "vssid": "VssID", "dvc": "Cổng Dịch vụ công", "thanh-toan": "Nộp tiền qua mạng", "an-toan": "Phòng lừa đảo",
    "ho-tro-so": "Dùng điện thoại, máy tính", "bhxh": "Bảo hiểm xã hội, y tế", "tro-giup": "Trợ giúp xã hội", "ho-tich": "Hộ tịch",
    "cu-tru": "Cư trú", "can-cuoc": "Căn cước", "xuat-nhap-canh": "Hộ chiếu", "giao-thong": "Bằng lái, xe, phạt nguội",
    "tu-phap": "Lý lịch, chứng thực", "dat-dai": "Đất đai", "xay-dung": "Xây dựng", "kinh-doanh": "Hộ kinh doanh", "thue": "Thuế",
    "tien-ich": "Điện, nước, trường học",
}  # fmt: skip
EVENTS = {
    "opened": "mở yêu cầu", "routed": "chuyển tới", "claimed": "nhận", "transferred": "chuyển", "taken_back": "lấy lại vì quá giờ",
    "escalated": "chuyển lên", "nobody": "chưa có ai nhận", "reminded": "nhắc", "returned": "trả lại trợ lý", "closed": "đóng",
    "cancelled": "người dân hủy", "blocked": "chặn", "reopened": "mở lại", "guard_stopped": "tin bị giữ lại", "phone_shown": "xem số điện thoại",
    "rated": "người dân chấm", "left": "người giữ rời tổ", "suggested": "đưa vào kho", "unblocked": "bỏ chặn", "hurried": "báo khẩn",
}  # fmt: skip

CLAIM, TRANSFER, GIVE_BACK, CLOSE, BLOCK = "Nhận", "Chuyển", "Trả lại bot", "Đóng", "Chặn"
SEND_DRAFT, EDIT_DRAFT, NEW_ANSWER = "Gửi", "Sửa", "Viết mới"
SHOW_PHONE, KEEP = "Xem số điện thoại", "Đưa vào kho"

SUMMARY = "{urgent}Yêu cầu #{number}\nVì sao: {reason}.\nViệc: {guide}{step}\nNơi ở: {place}\n{last}{turn}"
SUMMARY_LAST = "Gần đây nhất:\n{lines}\n"
SUMMARY_TURN = "Đến lượt: {name}. Ai rảnh cũng nhận được."
URGENT = "🔴 KHẨN. "
UNKNOWN_GUIDE, UNKNOWN_PLACE = "chưa rõ", "chưa rõ"
AT_STEP = ", đang ở bước {number}"
CITIZEN_SAYS = "👤 {text}"
CITIZEN_EDITED = "👤 (đã sửa) {text}"
CITIZEN_SENT = "👤 gửi {kind}. {text}"
KINDS = {
    "voice": "tin nhắn thoại", "photo": "ảnh", "sticker": "hình dán", "location": "vị trí", "file": "tệp", "other": "một loại tin khác",
}  # fmt: skip
# Only said of kinds that the desk's channel cannot carry over.
CANNOT_SHOW = "(chưa xem được ở đây; nhờ người dân gõ chữ)"
DRAFT = "📝 Trợ lý gợi ý:\n{draft}"
DRAFT_HOW = "Trả lời (reply) tin này bằng câu đã sửa."
NEW_HOW = "Cứ gõ câu trả lời vào chủ đề này."
OLD_TOPIC = "Chủ đề cũ đã bị xóa, em mở lại ở đây."
REPEAT = "(gửi lại, có thể trùng) "
CLAIMED_BY = Sentence("✅ {name} đã nhận.")
HANDED_TO = Sentence("↪ {who} chuyển cho {to}. {note}")
MOVED_AWAY = "↪ Yêu cầu đã chuyển sang {to}."
TAKEN_BACK = "⏰ Quá {minutes} phút chưa trả lời. Em mời người khác nhận giúp."
WAITS = "⏰ Người dân chờ {minutes} phút rồi. Ai rảnh nhận giúp."
OWES = Sentence("⏰ {name} ơi, người dân chờ {minutes} phút rồi.")
ESCALATED = "⬆ Quá {minutes} phút chưa ai nhận. Em chuyển lên {to}."
NOBODY = "⏰ Vẫn chưa ai nhận yêu cầu này. Người dân đã được báo số đường dây nóng."
GIVEN_BACK = Sentence("↩ {name} trả lại cho trợ lý.")
CLOSED = Sentence("🔒 {name} đóng: {reason}.")
CLOSED_BY_ITSELF = "🔒 Đóng: {reason}."
BLOCKED = Sentence("⛔ {name} chặn người này đến {until}.")
REOPENED = "🔓 Người dân hỏi tiếp việc này."
RATED = "Người dân chấm {stars}/5."
RATED_WITH = "Người dân nói thêm: {words}"
LEFT = Sentence("{name} đã rời tổ. Em mời người khác nhận giúp.")
NOT_DELIVERED = "❗ Tin chưa tới người dân: {reason}. Nội dung: {text}"
UNCLEAR = "❓ Chưa rõ tin này đã tới người dân chưa: {text}"
STARTS = "Nhận rồi ạ. Mọi tin trong chủ đề này gửi thẳng cho người dân. Ghi chú riêng thì bắt đầu bằng //"

NO_TICKET = "Không có yêu cầu này."
NOT_YOURS = "Yêu cầu này của tổ khác."
NO_RIGHTS = "Em chưa biết mình là ai. Nhờ quản trị viên gửi lời mời vào tổ."
FULL = "Mình đang giữ {count} yêu cầu, đủ số đã đặt. Đóng bớt rồi nhận tiếp."
ALREADY = Sentence("{name} đã nhận yêu cầu này.")
ALREADY_YOURS = "Mình đã nhận yêu cầu này rồi."
NOT_OPEN = "Yêu cầu này đã xong ({state})."
HELD_BY = Sentence("{name} đang giữ yêu cầu này, nên tin chưa gửi. Ghi chú riêng thì bắt đầu bằng //")
CLAIM_FIRST = "Mình nhận yêu cầu trước đã."
ONLY_LEADS = "Việc này của trưởng nhóm hoặc quản trị."
NOTE_NEEDED = "Mình ghi một câu vì sao chuyển."
SAME_TEAM = "Yêu cầu đang ở tổ này rồi."
EMPTY = "Tin trống, chưa gửi."
TOO_LONG = "Tin dài quá {limit} chữ, chưa gửi. Mình chia nhỏ giúp em."
NO_MEDIA = "Người dân dùng kênh chỉ đọc được chữ. Mình gõ chữ giúp em."
GUARDED = {
    "secret": "⛔ Tin chưa gửi: trong tin có câu hỏi mã OTP, mật khẩu hoặc số thẻ. Tổ không bao giờ hỏi những thứ này. Bảo người dân tự nhập trên ứng dụng chính thức.",
    "money": "⛔ Tin chưa gửi: trong tin có câu bảo chuyển tiền cho cá nhân. Phí chỉ nộp trên Cổng Dịch vụ công hoặc tại quầy.",
    "link": "⛔ Tin chưa gửi: trong tin có đường dẫn không có đuôi gov.vn, hoặc lời xin vào máy, vào tài khoản của người dân. Ứng dụng thì bảo người dân tìm trong CH Play, App Store, và tự bấm trên máy mình.",
}
NO_DRAFT = "Gợi ý này đã dùng rồi."
NO_PHONE = "Người dân chưa cho số điện thoại nào."
PHONES = "Số người dân đã cho: {numbers}. Việc xem đã được ghi lại."
SENT, NOTED, DONE = "Đã gửi.", "Đã ghi chú riêng.", "Xong."
KEPT = "Đã đưa vào kho, quản trị viên sẽ xem."
WHERE_TO = "Chuyển đi đâu?"
WHY_CLOSE = "Đóng vì sao?"
UNKNOWN_TOPIC = "Chủ đề này không còn gắn với yêu cầu nào. Tin chưa gửi cho ai."
GROUP_LINKED = "Nhóm này đã gắn với {team}. Yêu cầu mới sẽ thành chủ đề ở đây."
GROUP_HOW = "Gõ: /gan số tổ. Xem số tổ bằng lệnh: tro-ly admin teams"
GROUP_NOT_FORUM = "Nhóm chưa bật Chủ đề (Topics). Bật trong cài đặt nhóm, rồi gõ lại lệnh."
BY_TAP = "(chuyển bằng nút)"
COMMANDS = "Lệnh: /truc, /nghi, /sdt (xem số người dân đã cho), /kho (trả lời một câu hay để đưa vào kho), /gan (gắn nhóm với tổ)."
WELCOME = "Chào {name}. Mình đã vào với vai trò {role}. Mình nhận yêu cầu trong nhóm của tổ hoặc ở trang bàn hỗ trợ."
BAD_INVITATION = "Lời mời không đúng, đã dùng hoặc đã hết hạn. Nhờ quản trị viên gửi lời mời mới."
ON_DUTY, OFF_DUTY = "Mình đang trực. Nghỉ thì gõ /nghi", "Mình đã nghỉ trực. Trực lại thì gõ /truc"

# The desk's pages.
SIGNED_OUT = "Mình đã ra khỏi bàn hỗ trợ. Đăng nhập lại để làm tiếp."
OLD_FORM = "Trang đã cũ nên em chưa làm gì. Mình mở lại trang rồi bấm lại."
FOREIGN_FORM = "Yêu cầu này không đến từ trang của bàn hỗ trợ, nên em không làm. Mình mở trang bàn hỗ trợ rồi bấm lại."
DONE_BEFORE = "Việc này đã làm rồi."
TOO_MANY_TRIES = (
    "Gõ sai nhiều lần quá. Mình đợi {minutes} phút rồi thử lại. Quên mật khẩu thì nhờ trưởng nhóm gửi lời mời mới."
)
WRONG_SIGN_IN = "Tên đăng nhập hoặc mật khẩu chưa đúng."
INVITED = "Chào {name}. Mình được mời vào bàn hỗ trợ với vai trò {role}."
WELCOME_TO_DESK = "Chào {name}. Mình vào được bàn hỗ trợ rồi."
SAVED = "Đã lưu."
SIGN_IN_CHANGED = "Đã đổi mật khẩu. Các máy khác phải đăng nhập lại."
UNKNOWN_VARIABLES = "Câu mẫu chưa lưu: không có biến {names}. Các biến có: {known}."
CANNED_EMPTY = "Câu mẫu cần có tên (dưới 80 chữ) và nội dung (dưới 3000 chữ)."
DELETED = "Đã xóa."
NOT_YOUR_PERSON = "Người này không thuộc quyền của mình."
NOT_YOURSELF = "Không tự bỏ quyền của chính mình được. Nhờ một quản trị viên khác."
RIGHTS_ENDED = Sentence("{name} không còn quyền. Các yêu cầu đang giữ đã mời người khác nhận.")
TEAM_ADDED = "Đã thêm {team}, phụ trách {place}."
ROLE_NOT_ALLOWED = "Trưởng nhóm chỉ mời được tình nguyện viên của tổ mình."
TEAMLESS = "chưa có tổ"
NOW_ON_DUTY, NOW_OFF_DUTY = "Mình đang trực.", "Mình đã nghỉ trực. Yêu cầu đang giữ vẫn của mình."
CLAIMED_HERE = "Nhận rồi ạ. Người dân đã được báo."
FOUND = "Thấy {count} yêu cầu."
FOUND_MANY = "Thấy nhiều hơn {count} yêu cầu, đây là những yêu cầu khớp nhất. Gõ thêm chữ để tìm gần hơn."
FOUND_NONE = "Không thấy yêu cầu nào có đủ các chữ này."
FIND_HOW = "Gõ số yêu cầu, chữ bà con đã nhắn, chữ đầu của tên, hoặc tên xã. Không dấu cũng được. Số điện thoại, số căn cước đã che nên không tìm được."
NO_FILE = "Không có tệp này."
FILES = {
    "gone": "Telegram không còn giữ tệp này. Mình nhờ bà con gửi lại.",
    "too_big": "Tệp lớn quá 20 MB nên chưa xem được ở đây. Mình nhờ bà con chụp lại, hoặc gửi tệp nhỏ hơn.",
    "away": "Chưa lấy được tệp từ Telegram. Mình đợi một lát rồi mở lại.",
}
PICTURE_AT, SAVE_FILE = "Ảnh gửi lúc {at}", "Tải về"
WRITE_OWN = "Gợi ý đã bỏ. Mình gõ câu của mình vào ô trả lời."
NOTE_EMPTY = "Ghi chú trống, chưa lưu."
LABELS = {"sent": "đã gửi gợi ý", "edited": "đã sửa gợi ý rồi gửi", "replaced": "đã bỏ gợi ý, viết mới"}
DELIVERY = {
    "queued": "đang gửi", "sending": "đang gửi", "sent": "đã gửi", "failed": "❗ chưa tới người dân", "unclear": "❓ chưa rõ đã tới chưa",
}  # fmt: skip
GUARD_REASONS = {"secret": "hỏi mã, mật khẩu, số thẻ", "money": "bảo chuyển tiền", "link": "đường dẫn lạ, xin vào máy"}
CHANNELS = {"web": "trang web", "telegram": "Telegram", "terminal": "máy thử"}
FOR_ALL_TEAMS = "mọi tổ"
HELD_BY_HERE = Sentence("{name} đang giữ yêu cầu này. Mình vẫn ghi chú riêng được.")

# ---- reports and the daily digest

ENDS = CLOSE_REASONS | OTHER_CLOSE_REASONS | {"returned": "Trả lại trợ lý", "blocked": "Chặn"}
DRAFTS = {"sent": "gửi nguyên", "edited": "sửa rồi gửi", "replaced": "viết câu khác", "offered": "không dùng tới"}
ALL_TEAMS, NO_TEAM = "Tất cả", "Chưa có tổ nào nhận"
REPORT_KINDS = {"all": "Tất cả", "team": "Tổ", "commune": "Nơi ở"}
REPORT_COLUMNS = (
    "Nhóm", "Tên", "Yêu cầu mở", "Trong đó khẩn", "Đã trả lời", "Đã trả lời (%)", "Đã xong",
    "Chờ trả lời: một nửa trong (phút làm việc)", "Chờ trả lời: 9 phần 10 trong (phút làm việc)",
    "Tới khi xong: một nửa trong (phút làm việc)", "Tới khi xong: 9 phần 10 trong (phút làm việc)",
    "Khẩn, chờ trả lời: một nửa trong (phút đồng hồ)", "Khẩn, chờ trả lời: 9 phần 10 trong (phút đồng hồ)",
    "Sao trung bình", "Số người chấm", "1 sao", "2 sao", "3 sao", "4 sao", "5 sao",
    "Mở lại", "Lấy lại vì quá giờ", "Chuyển lên trên", "Không còn ai để chuyển", "Tin bị giữ lại",
)  # fmt: skip
REPORT_OPENED, REPORT_ENDED, REPORT_DRAFTS = "Vì sao mở: {label}", "Đóng vì: {label}", "Gợi ý: {label}"

DIGEST_HEAD = "☀️ {name}, {day}"
DIGEST_NONE_WAITING = "Không có ai đang chờ."
DIGEST_WAITING = "Đang chờ người nhận: {count}"
DIGEST_HELD = "Đã nhận, người dân còn đợi trả lời: {count}"
DIGEST_LINE = "• #{number} {known}"
DIGEST_URGENT, DIGEST_HOLDER, DIGEST_AGE = "🔴 ", "{name} giữ", "chờ {age}"
DIGEST_MORE = "• và {count} yêu cầu nữa"
DIGEST_YESTERDAY, DIGEST_SINCE = "Hôm qua", "Từ {day} đến hôm qua"
DIGEST_NUMBERS = (
    "{span}: {opened} yêu cầu mới, {answered} trong đó đã được trả lời. Xong {closed} yêu cầu, kể cả yêu cầu cũ."
)
DIGEST_MEDIAN = "Một nửa được trả lời trong {minutes} phút làm việc."
DIGEST_STARS = "{count} người chấm, trung bình {mean} sao."
DIGEST_TEAM_NUMBERS = "• {name}: {opened} mới, {answered} đã trả lời, xong {closed}"
DIGEST_SUGGESTIONS = "Kho: {count} câu trả lời hay đang chờ quản trị viên xem."
ALL_DESKS = "Bàn hỗ trợ, mọi tổ"
MINUTES, HOURS, DAYS = "{count} phút", "{count} giờ", "{count} ngày"
NOTHING_TO_KEEP = "Tin này không có chữ nên chưa đưa vào kho được."
