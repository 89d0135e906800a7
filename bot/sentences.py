"""Everything the assistant says that is not in a guide, so that wording can be reviewed without reading code.

Voice: answer first, short sentences, "em" and "mình"; see docs/giong-noi.md.
"""

from __future__ import annotations

from bot.wording import Sentence

# Hotlines with written sources; see hotlines of the guides. Checked 22 Nov 2026.
PORTAL_HOTLINE = "Cổng Dịch vụ công quốc gia 1800 1096 (miễn phí, theo nguồn thứ cấp)"
VNEID_HOTLINE = "VNeID 1900 0368"
INSURANCE_HOTLINE = "Bảo hiểm xã hội 1900 9068"

PERSON = "Gặp người hỗ trợ"
WALK = "Hướng dẫn từng bước"
DONE, STUCK, AGAIN, STOP = "Xong", "Bị kẹt", "Nhắc lại", "Dừng"
MORE = "Xem tiếp"
NONE_OF_THESE = "Không phải các việc này"

GREETING = (
    "Chào mình, em là trợ lý dịch vụ công. Em giúp mình làm giấy tờ qua mạng, nộp phí không dùng tiền mặt, "
    "cài VNeID và VssID.\nMình cứ gõ câu hỏi, không dấu cũng được. Ví dụ: quen mat khau vneid"
)
ABILITIES = (
    "Em trả lời được về:\n• VNeID: cài, kích hoạt, quên mật khẩu, đổi máy\n• VssID và thẻ bảo hiểm y tế trên điện thoại\n"
    "• Nộp hồ sơ, theo dõi hồ sơ trên Cổng Dịch vụ công\n• Nộp phí, tiền điện, tiền phạt không dùng tiền mặt\n"
    "• Nhận biết lừa đảo và việc phải làm ngay\nViệc em không biết thì em nói không biết, và mời mình gặp người thật."
)
WHO = (
    "Em là trợ lý tự động, không phải người. Em chỉ nói điều có trong bài hướng dẫn đã kiểm tra, kèm nguồn và ngày. "
    "Em không hỏi mã OTP, mật khẩu hay số thẻ. Cần người thật thì bấm Gặp người hỗ trợ."
)
THANKS = "Dạ không có gì ạ. Cần gì mình cứ hỏi em."
GOODBYE = "Dạ chào mình. Khi nào cần mình lại nhắn em nhé."
AFFIRM_NOTHING = "Dạ. Mình muốn hỏi việc gì thì gõ cho em nhé."
COMPLAINT = (
    "Em xin lỗi vì đã làm mình mất công. Mình gõ lại việc cần làm, em trả lời ngay. "
    "Hoặc bấm Gặp người hỗ trợ để gửi yêu cầu tới người thật."
)
ABUSE = "Em biết mình đang bực. Em vẫn ở đây để giúp. Mình cho em biết việc cần làm, hoặc gặp người hỗ trợ."
EMERGENCY = (
    "Gọi ngay: 113 công an, 114 cứu hỏa và cứu nạn, 115 cấp cứu. Gọi đều miễn phí.\n"
    "Tìm chỗ an toàn trước. Nói rõ mình đang ở đâu.\nEm là máy, không gọi giúp mình được."
)
EMERGENCY_CHILD = "Trẻ em bị xâm hại, bạo hành: gọi 111 (miễn phí)."
VICTIM_TITLE = "Làm ngay bốn việc này"
VICTIM = (
    "1. Ngừng chuyển tiền, ngừng nói chuyện với họ.\n"
    "2. Gọi số ở mặt sau thẻ ngân hàng, nhờ khóa tài khoản và tra soát.\n"
    "3. Dùng máy khác đổi mật khẩu ngân hàng, VNeID.\n"
    "4. Giữ tin nhắn, biên lai. Ra Công an xã gần nhất trình báo, hoặc gọi 113.\n"
    "Mình không có lỗi. Ai nói lấy lại tiền giúp mà đòi phí là lừa lần hai."
)
PLACE_NOW = "{old} cũ nay là {new}."
PLACE_DIVIDED = "{old} cũ nay thuộc {new}, tùy nhà mình ở đâu. Công an xã hoặc giấy tờ mới nhất cho biết chắc."
PLACE_WHERE = "{name} có ở {count} nơi. Mình nói thêm huyện (quận) và tỉnh cũ giúp em."
PLACE_WHICH = "Mình hỏi nơi nào?"
PLACE_DISTRICT = "{old} cũ nay chia về: {new}.\nMình cho em tên xã, phường cũ, em nói đúng nơi."
PLACE_MORE = " và {count} nơi nữa"
PLACE_PROVINCE = "{old} cũ nay thuộc {new}. Mình cho em tên xã, phường cũ, em nói xã mới."
PLACE_SOURCE = "Nguồn: {source}."
PLACE_MINE = "Đây là xã của mình"
COMMUNE_KEPT = "Dạ, em nhớ mình ở {name}. Muốn đổi thì gõ /xa."
COMMUNE_SHOWN = (
    "Em đang ghi mình ở {name}. Muốn đổi, mình hỏi lại theo mẫu: xã (phường) cũ, huyện cũ, tỉnh cũ giờ là xã nào."
)
COMMUNE_UNKNOWN = "Em chưa biết mình ở xã nào. Mình hỏi theo mẫu: phường Võ Thị Sáu quận 3 giờ là phường nào. Rồi bấm: Đây là xã của mình."
OUT_OF_SCOPE = "Việc này em không trả lời được. Em chỉ giúp làm dịch vụ công, nộp phí không tiền mặt, VNeID và VssID."
UNSURE = "Em chưa chắc mình hỏi việc gì, nên em không đoán. Mình gõ tên việc cho rõ hơn nhé, ví dụ: đổi điện thoại mới thì vào VNeID sao."
UNSURE_TWICE = "Em vẫn chưa hiểu đúng ý mình. Mình gặp người hỗ trợ cho nhanh nhé."
ASK_TITLES = "Mình hỏi việc nào dưới đây?"
ASK_RECORDS = "Việc này em chưa có bài đã rà soát. Em có bản công bố của các thủ tục sau, mình hỏi thủ tục nào?"
ASK_FACET = {
    "app": "Mình đang hỏi về chỗ nào?",
    "case": "Mình cần việc nào?",
    "person": "Việc này làm cho ai?",
    "place": "Mình làm ở đâu?",
}
ASK_TOPIC = "Mình hỏi {aspect} của việc gì? Gõ tên việc cho em, ví dụ: cấp VNeID mức 2."
NOTHING_TO_REPEAT = "Em chưa nói gì để nhắc lại. Mình hỏi em việc cần làm nhé."
NO_SIMPLER = "Em nói gọn lại như trên rồi ạ. Mình bấm Hướng dẫn từng bước, em đi cùng mình từng bước một."
STARTED_OVER = "Dạ, mình bắt đầu lại. Mình cần hỏi việc gì?"
STOPPED = "Dạ, em dừng ở đây. Khi nào cần mình nhắn em, hoặc gõ: làm tiếp."
CODE_SENT = (
    "⚠ Mình vừa gửi mã hoặc mật khẩu. Em đã che đi, không giữ lại. "
    "Đừng gửi cho ai, kể cả công an, kể cả em. Nếu đã gửi cho người khác, mình đổi mật khẩu ngay."
)
PERSONAL_SENT = "Em đã che số giấy tờ, số điện thoại mình gửi. Em không cần các số này để trả lời."
PHONE_KEPT = "Em đã giữ riêng số điện thoại. Chỉ người của tổ giúp mình mới xem được, xong việc là em xóa."
MEDIA = {
    "voice": "Em chưa nghe được tin nhắn thoại. Mình gõ giúp em vài chữ, không dấu cũng được.",
    "photo": "Em chưa đọc được ảnh. Mình gõ giúp em dòng chữ báo lỗi, hoặc việc cần làm. Đừng gửi ảnh giấy tờ tùy thân.",
    "sticker": "Em chưa hiểu hình này. Mình gõ giúp em việc cần hỏi nhé.",
    "location": "Em chưa dùng được vị trí. Mình gõ tên việc cần làm giúp em nhé.",
    "file": "Em chưa đọc được tệp. Mình gõ giúp em việc cần hỏi nhé. Đừng gửi giấy tờ tùy thân.",
    "other": "Em chưa đọc được loại tin này. Mình gõ giúp em việc cần hỏi nhé.",
}
HOTLINES = f"• {PORTAL_HOTLINE}\n• {VNEID_HOTLINE}\n• {INSURANCE_HOTLINE}"
PERSON_NO_TEAM = (
    "Em đã ghi lại yêu cầu số {number} của mình.\n"
    f"Nói thật: em chưa biết bao giờ có người nhắn lại cho mình ở đây. Việc gấp thì mình gọi:\n{HOTLINES}\n"
    "Hoặc ra Trung tâm Phục vụ hành chính công xã, hỏi Tổ công nghệ số cộng đồng.\n"
    "Trong lúc chờ, mình cứ hỏi em tiếp. Không ai của tổ hỏi mã OTP hay mật khẩu."
)
PERSON_WHERE = (
    "Em đã ghi yêu cầu số {number}. Mình ở xã, phường nào, để em chuyển đúng tổ? Ví dụ: xã Ninh Giang, Hải Phòng."
)
PERSON_WHICH_PLACE = "Mình ở nơi nào?"
PERSON_PROBLEM = "Mình đang vướng việc gì? Gõ một câu giúp em."
PERSON_FREE = "Em đã chuyển yêu cầu số {number} tới {team}. {queue}Ai rảnh đầu tiên sẽ nhắn mình ngay ở đây."
PERSON_BUSY = (
    "Em đã chuyển yêu cầu số {number} tới {team}. {queue}Lúc này cả tổ đang bận hoặc chưa có ai trực. "
    f"Yêu cầu được giữ, có người rảnh là nhận. Việc gấp thì mình gọi:\n{HOTLINES}"
)
PERSON_CLOSED = (
    "Em đã chuyển yêu cầu số {number} tới {team}. {queue}Giờ này tổ nghỉ, làm lại lúc {opening}. "
    f"Việc gấp thì mình gọi:\n{HOTLINES}"
)
PERSON_QUEUE = "Trước mình còn {count} người. "
PERSON_MEANWHILE = (
    "Trong lúc chờ, mình cứ nhắn thêm, em chuyển hết. Tổ công nghệ số không bao giờ hỏi mã OTP, mật khẩu."
)
PERSON_ALREADY = (
    f"Yêu cầu số {{number}} của mình vẫn đang chờ, không phải gửi lại. {{queue}}Việc gấp thì mình gọi:\n{HOTLINES}"
)
PERSON_ALREADY_HELPED = Sentence("{helper} đang giúp mình ở yêu cầu số {number}. Mình cứ nhắn vào đây.")
PERSON_COMES = Sentence(
    "{helper} đã nhận yêu cầu của mình. Từ giờ mình nhắn gì, người đó đọc được.\n"
    "Tổ công nghệ số không bao giờ hỏi mã OTP, mật khẩu, không nhận tiền. Kiểm tra người này: /xacminh. Nói chuyện với máy: /bot"
)
PERSON_MOVED = "Em đã chuyển yêu cầu số {number} của mình sang {team} để có người nhận sớm hơn."
PERSON_NEXT = "Em xin lỗi, người nhận đang bận. Em mời người khác trong tổ giúp mình."
PERSON_NOBODY = f"Em xin lỗi, vẫn chưa có ai nhận yêu cầu số {{number}}. Em vẫn giữ. Việc gấp thì mình gọi:\n{HOTLINES}"
PERSON_RETURNED = Sentence(
    "{helper} đã trả lời xong phần của mình. Giờ em (máy) giúp tiếp. Cần người thì bấm Gặp người hỗ trợ."
)
PERSON_CLOSED_TICKET = (
    "Yêu cầu số {number} đã đóng: {reason}. Mình thấy được giúp thế nào? Chấm từ 1 (chưa tốt) đến 5 (rất tốt)."
)
PERSON_QUIET = "Hai ngày nay không có tin mới, nên em đóng yêu cầu số {number}. Còn vướng thì bấm Chưa xong."
PERSON_BOT_AGAIN = "Dạ, giờ em (máy) trả lời mình. Yêu cầu gặp người đã dừng. Cần người thì bấm Gặp người hỗ trợ."
PERSON_BLOCKED = (
    "Tạm thời em không nhận tin của mình đến {until}. Việc cần thì ra Trung tâm Phục vụ hành chính công xã."
)
PERSON_VERIFIED = "Đúng, {helper} có trong danh sách của tổ và đang giúp mình ở yêu cầu số {number}. Dù vậy, đừng đưa mã OTP, mật khẩu, tiền cho ai."
PERSON_NOT_VERIFIED = (
    "Lúc này không có ai của tổ đang nhắn với mình ở đây. Ai gọi hoặc nhắn nơi khác, tự xưng là tổ công nghệ số "
    "rồi hỏi mã OTP, mật khẩu hay đòi tiền thì đừng tin."
)
PERSON_SKIP, PERSON_NOT_DONE, PERSON_TRANSCRIPT = "Bỏ qua", "Chưa xong", "Xem lại cuộc trò chuyện"
PERSON_REOPENED = "Em mở lại yêu cầu số {number}, mời {helper} giúp tiếp."
PERSON_TOO_LATE = "Yêu cầu đó đóng đã lâu. Mình bấm Gặp người hỗ trợ để gửi yêu cầu mới."
PERSON_STARS = "Em ghi {stars}/5. Mình muốn nói thêm gì thì gõ một câu, không thì thôi ạ."
PERSON_STARS_KEPT = "Em đã ghi lời của mình. Cảm ơn mình."
PERSON_NO_TRANSCRIPT = "Mình chưa có cuộc trò chuyện nào với người của tổ."
MEDIA_RELAYED = "Em không đọc được, nên đã chuyển vào yêu cầu số {number} cho người của tổ xem. Đừng gửi ảnh giấy tờ tùy thân, ảnh thẻ ngân hàng."
PERSON_CANCEL = "Hủy yêu cầu"
PERSON_CANCELLED = "Dạ, em đã hủy yêu cầu gặp người. Mình hỏi em tiếp được ạ."
PERSON_NOTHING = "Mình không có yêu cầu nào đang chờ ạ."
WALK_STEP = "Bước {number}/{total}: {step}"
WALK_HINT = "Làm xong bấm Xong. Vướng thì bấm Bị kẹt."
WALK_FINISHED = "Xong hết {total} bước rồi ạ. {result}Mình còn vướng gì cứ nói em."
WALK_RESUMED = "Mình đang ở bước {number}/{total} của việc này."
WALK_NONE = "Mình chưa làm từng bước việc nào. Hỏi em một việc, rồi bấm Hướng dẫn từng bước."
STUCK_WITH = "Mình bị vướng chỗ nào? Chọn điều giống nhất:"
STUCK_UNKNOWN = "Em chưa có cách xử lý được kiểm tra cho chỗ này. Mình gặp người hỗ trợ nhé."
STUCK_FIX = "{fix}\nĐược rồi thì bấm Làm tiếp."
CONTINUE = "Làm tiếp"
OTHER_PROBLEM = "Vướng chỗ khác"
CODE_UNKNOWN = "Em chưa có bài hướng dẫn đã rà soát cho mã {code}. Mình gõ mã này vào ô tìm trên dichvucong.gov.vn, hoặc gặp người hỗ trợ."
EXPIRED_BUTTON = "Nút này đã cũ, em không còn giữ nội dung. Mình gõ lại câu hỏi giúp em nhé."
INTERNAL_ERROR = (
    "Em bị lỗi khi trả lời (mã lỗi {error_id}). Mình nhắn lại giúp em. Việc gấp thì gọi " + PORTAL_HOTLINE + "."
)
TOO_LONG = "Tin của mình dài quá, em chỉ đọc được phần đầu. "
COMMANDS = {
    "start": "Bắt đầu",
    "trogiup": "Em giúp được gì",
    "nguoi": "Gặp người hỗ trợ",
    "xacminh": "Người đang giúp mình có đúng của tổ không",
    "bot": "Thôi gặp người, nói chuyện với máy",
    "huy": "Hủy yêu cầu gặp người",
    "lamlai": "Bắt đầu lại từ đầu",
    "dung": "Dừng lại",
    "xa": "Xã, phường của mình",
}
REPEAT = "(Em gửi lại, mình có thể đã nhận) "
TOO_FAST = "Mình gửi nhanh quá, tin này em chưa nhận. Mình đợi {seconds} giây rồi gửi lại giúp em."
WEB_HINT = "Tin chưa gửi được. Mình thử lại, hoặc gọi " + PORTAL_HOTLINE + "."
