"""The sentences for what signing in and administering rights is refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words, in_words

SIGN_IN: Mapping[Reason, Words] = {
    Reason.PIN_WRONG: in_words(
        422,
        "密码不正确",
        "Wrong PIN",
        (
            "密码不正确，还可再试 {tries_left} 次；输错过多将锁定 {minutes} 分钟。",
            "That is not the PIN. {tries_left} tries are left before it is locked for {minutes} minutes.",
        ),
    ),
    Reason.PIN_LOCKED: in_words(
        429,
        "密码已锁定",
        "PIN locked",
        (
            "输错次数过多，请在 {minutes} 分钟后再试，或请工作人员重设密码。",
            "Too many wrong PINs. Try again in {minutes} minutes, or have a worker set a new one.",
        ),
    ),
    Reason.PIN_NOT_SET: in_words(
        422,
        "尚未设置密码",
        "No PIN set",
        ("此卡尚未设置密码，请到社区设置。", "This card has no PIN yet. Have one set at the community office."),
    ),
    Reason.PIN_TOO_EASY: in_words(
        422,
        "密码过于简单",
        "PIN too easy",
        (
            "请用六位数字，不要用连号、重复或常见的号码。",
            "Use six digits that are no run, no repetition and no favourite number.",
        ),
    ),
    Reason.SIGN_IN_WRONG: in_words(
        401,
        "登录失败",
        "Not signed in",
        (
            "用户名、卡号或密码不正确。多次输错后需等待更长时间。",
            "User name, card or password is not right. After several failures one has to wait longer and longer.",
        ),
    ),
    Reason.SIGN_IN_LOCKED: in_words(
        429,
        "登录暂停",
        "Signing in is locked",
        (
            "失败次数过多，请在 {minutes} 分钟后再试，或请管理员重设密码。",
            "Too many failures. Try again in {minutes} minutes, or have an administrator set a new password.",
        ),
    ),
    Reason.PASSWORD_WEAK: in_words(
        422,
        "密码过于简单",
        "Password too weak",
        (
            "密码至少 {length_min} 个字符，不要包含用户名或常见词。",
            "At least {length_min} characters, without the user name and the words that everybody tries.",
        ),
    ),
    Reason.NO_ROLE: in_words(
        403,
        "没有角色",
        "No role",
        ("您尚无角色，请联系管理员。", "You have no role yet. Ask an administrator for one."),
    ),
    Reason.NO_SESSION: in_words(
        409,
        "不是登录会话",
        "Not a session",
        ("此操作需要登录，密钥不适用。", "This is for somebody who has signed in; a key will not do."),
    ),
    Reason.SESSION_RENEWED: in_words(
        409,
        "会话已更新",
        "Session renewed already",
        ("会话刚被更新，请使用新的令牌。", "The session has just been renewed. Use the new token."),
    ),
    Reason.OUT_OF_REACH: in_words(
        403,
        "超出管辖范围",
        "Out of reach",
        (
            "此人或此密钥的权限超出您的管辖范围，请联系上级管理员。",
            "What this person or key may do reaches beyond what you administer. Ask an administrator above you.",
        ),
    ),
    Reason.ROLE_MISPLACED: in_words(
        422,
        "角色与范围不符",
        "Role and place do not fit",
        (
            "角色 {role} 不能这样设置：收银员对应超市，商户对应联盟商户，居民对应家庭或成员，"
            "片区只用于社区工作者和网格员。",
            "The role {role} cannot be given so: a cashier is of an outlet, a merchant of a shop, a resident of a"
            " household or member, and areas are for operators and reviewers of a programme.",
        ),
    ),
    Reason.USER_NAME_TAKEN: in_words(
        409,
        "用户名已被使用",
        "User name taken",
        (
            "用户名 {user_name} 已属于他人或登记内容不同，请换一个。",
            "The user name {user_name} is somebody else's, or was added with other particulars. Choose another.",
        ),
    ),
}
