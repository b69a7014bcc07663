"""The commonest passwords of twelve characters and more, and the words that shorter ones are padded from."""

from typing import Final

_WORDS = """
passwordpassword password1234 password12345 password123456 passwordpass passw0rd1234 p@ssw0rd1234 p@ssword1234
123456789012 1234567890123 12345678901234 123456789abc 1234qwerasdf 1q2w3e4r5t6y 1qaz2wsx3edc qwertyuiop12
qwertyuiop123 qwerty123456 qwerty1234567 qwertyqwerty asdfghjkl123 zxcvbnm12345 qazwsxedcrfv abcd12345678 abcdef123456
abc123456789 a12345678901 a123456789012 aa1234567890 iloveyou1234 iloveyouforever letmeinplease letmein12345
welcome12345 welcome123456 administrator administrator1 admin1234567 admin12345678 adminadmin12 administration
changemenow1 changemeplease changeme1234 trustno1trustno1 sunshine1234 princess1234 football1234 baseball1234
superman1234 batman123456 dragon123456 monkey123456 master123456 michael12345 jennifer1234 starwars1234 whatever1234
computer1234 internet1234 samsung12345 liverpool123 chelsea12345 arsenal12345 manchester1 woaini123456 woaini1314520
woaini5201314 5201314520131 asd123456789 qwe123456789 zxc123456789 q1w2e3r4t5y6 111111111111 000000000000 123123123123
112233445566 secretsecret mysecretpassword thisismypassword correcthorsebatterystaple nothing12345 unknown12345
default12345 testtesttest test12345678 testing12345 temporary123 temppassword newpassword1 mypassword12 yourpassword
passwort1234 contrasena12 motdepasse12 ninefold1234 ninefoldninefold customer1234 marketing123 spring202020
summer202020 autumn202020 winter202020 company12345 qwertyuiopasdfghjkl zxcvbnmasdfgh password passwort passwd passw
qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm letmein welcome admin administrator changeme iloveyou
secret login test testing woaini ninefold monkey dragon football baseball sunshine princess master superman batman
trustno root user guest default temp temporary abc abcd abcdef qwe asd zxc Case-folded.
"""
COMMON: Final = frozenset(_WORDS.split())
"""Case-folded."""
