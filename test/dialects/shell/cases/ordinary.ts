/** What administrators type, by all that it does: the effects of all its commands together. */
const lines: Readonly<Record<string, string>> = {
  read: `
ls
ls -la /var/log
ls -lhS --color=auto /srv
ls -1 | wc -l
ls *.conf
ls -d */
pwd
whoami
id deploy
uname -a
uptime
hostname
hostname -f
date
date +%F
date -u '+%Y-%m-%dT%H:%M:%SZ'
w
who -b
last -n 20
df -h
df -hT /
du -sh /var/*
du -ah --max-depth=1 /home | sort -rh | head -n 20
free -m
vmstat 1 5
iostat -xz 1 3
mpstat -P ALL
nproc
lscpu | grep 'Model name'
lsblk -f
lspci -nn
lsusb
lsof -i :8080
lsof -p 1234
ps aux
ps aux --sort=-%mem | head
ps -ef | grep nginx | grep -v grep
ps -eo pid,ppid,cmd,%cpu --sort=-%cpu | head -n 15
pgrep -fl java
pidof sshd
pstree -p
top -b -n 1 | head -20
cat /etc/os-release
cat /etc/passwd | cut -d: -f1
cat -n /etc/hosts
tac access.log | head
head -n 50 /var/log/syslog
head -c 100 file.bin
tail -n 100 /var/log/nginx/error.log
tail -f /var/log/syslog
tail -F app.log | grep --line-buffered ERROR
wc -l /etc/passwd
grep -rn "TODO" src/
grep -i error /var/log/syslog | tail -n 20
grep -c 'HTTP/1.1" 500' access.log
grep -E '^(root|admin):' /etc/passwd
grep -v '^#' /etc/ssh/sshd_config | grep -v '^$'
grep -A 3 -B 1 'panic' kern.log
zgrep -h 'Failed password' /var/log/auth.log.1.gz
zcat /var/log/syslog.2.gz | grep cron
awk '{print $1}' access.log | sort | uniq -c | sort -rn | head
awk -F: '$3 >= 1000 {print $1, $3}' /etc/passwd
awk 'NR==10' file
awk '{sum += $5} END {print sum/NR}' data.txt
awk '/error/ {count++} END {print count}' app.log
awk -v limit=90 '$5+0 > limit {print $6}' usage.txt
sed -n '10,20p' file.txt
sed 's/foo/bar/g' file.txt
sed -e 's/a/b/' -e '/^$/d' input
sed -n '/BEGIN/,/END/p' conf
sed '1d;$d' list
sort -u names.txt
sort -t, -k2,2n data.csv
sort -k3 -rn file | head -3
uniq -d sorted.txt
cut -d',' -f1,3 data.csv
tr 'a-z' 'A-Z' < input.txt
tr -d '\\r' < dos.txt
echo "$PATH" | tr ':' '\\n'
column -t -s, data.csv
paste -d, a b
join a b
comm -12 a.txt b.txt
diff -u a.conf b.conf
diff <(ls a) <(ls b)
cmp a b
md5sum backup.tar
sha256sum -c SHA256SUMS
file /bin/ls
stat -c '%a %n' /etc/shadow
readlink -f /usr/bin/java
realpath .
basename /usr/local/bin/tool
dirname "$0"
which python3
type ls
command -v docker
find . -name '*.py'
find /var/log -type f -mtime -1
find / -xdev -size +100M -printf '%s %p\\n'
find . -type f -name '*.js' -not -path './node_modules/*' | wc -l
find /etc -maxdepth 1 -type f -newer /etc/passwd -ls
find . -empty -type d -print0
find /home -user bob -perm -4000 2>/dev/null
locate nginx.conf
tree -L 2
env
printenv HOME
echo hello
echo -e "a\\tb"
printf '%s\\n' one two
echo "$HOME and $USER"
echo "today is $(date +%F)"
true
false || echo failed
sleep 5
seq 1 10
bc <<< '2+2'
base64 -d secret.txt
xxd -l 64 image.bin
strings core | head
jq -r '.items[].name' pods.json
jq . config.json
systemctl status nginx
systemctl --no-pager status sshd
systemctl list-units --type=service --state=running
systemctl is-active docker
systemctl list-timers
systemctl cat nginx.service
systemctl show -p MainPID nginx
journalctl -u nginx --since today
journalctl -xe -n 50 --no-pager
journalctl -k -b
dmesg | tail
dmesg -T
ss -tulpn
ss -s
netstat -tlnp
ip addr show
ip a
ip route
ip -4 addr show eth0
ip -br link show
ifconfig eth0
route -n
arp -a
lsmod
sysctl vm.swappiness
sysctl -a | grep mem
getent passwd root
crontab -l
timedatectl status
hostnamectl
loginctl list-sessions
git status
git log --oneline -n 10
git diff HEAD~1
git show HEAD:README.md
git rev-parse HEAD
git ls-files | wc -l
git blame src/main.c
docker ps
docker ps -a --format '{{.Names}}'
docker images
docker logs --tail 100 web
docker logs -f web
docker inspect web
docker stats --no-stream
docker volume ls
docker network inspect bridge
docker compose ps
docker compose logs api
kubectl get pods
kubectl get pods -n prod -o wide
kubectl -n kube-system get deploy coredns -o yaml
kubectl describe node worker-1
kubectl logs -f deploy/api --tail=50
kubectl top nodes
kubectl config get-contexts
kubectl rollout status deploy/api
kubectl auth can-i create pods
helm list -A
helm status api
apt list --installed
apt-cache policy nginx
apt search redis
dpkg -l | grep nginx
dpkg -L coreutils
rpm -qa
yum list installed
pip list
pip show requests
npm ls
python3 --version
node --version
if [ -f /etc/debian_version ]; then cat /etc/debian_version; fi
[ -d /srv ] && ls /srv
test -e /tmp/x || echo missing
[[ -f /etc/hosts ]] && wc -l /etc/hosts
for h in a b c; do echo "$h"; done
for f in /etc/*.conf; do echo "== $f"; head -n 2 "$f"; done
case "$1" in start) echo up;; *) echo usage;; esac
(ls; pwd)
{ date; uptime; }
ls /nope 2>&1 | head
ls -l $(which bash)
ls "$(dirname "$PWD")"
wc -l < /etc/passwd
grep root /etc/passwd > /dev/null && echo found
! grep -q bob /etc/passwd
lsattr file
getfacl /srv
objdump -d a.out
fuser 80/tcp
time ls -R / > /dev/null
tail -n +2 data.csv | cut -d, -f2 | sort -n | tail -n 1
ls -t | head -n 1
history | tail -n 20
`,
  'read,execute': `
find . -name '*.c' -exec grep -l main {} +
find . -name '*.txt' | xargs grep -l needle
find . -type f -print0 | xargs -0 md5sum
find . -type f -exec wc -l {} \\;
ls *.log | xargs -n 1 basename
timeout 10 tail -f /var/log/syslog
nice -n 10 du -sh /
watch -n 5 df -h
watch 'ps aux | grep java'
nohup tail -f x.log &
env LC_ALL=C sort names.txt
LC_ALL=C env sort -u names.txt
bash -c 'ls -l | wc -l'
sh -c "cat /etc/hosts"
xargs -a list.txt ls -ld
xargs -I{} echo "item {}" < list.txt
command ls
busybox ls
stdbuf -oL tail -f log | grep x
ionice -c3 du -s /srv
eval 'ls -l'
`,
  'read,execute,admin': `
sudo ls /root
sudo -u postgres ls
sudo cat /etc/shadow
docker exec web ls -l /app
docker exec -it web cat /etc/hosts
docker compose exec api ls
kubectl exec api-0 -- ls /
kubectl exec -n prod -it api-0 -c app -- cat /etc/resolv.conf
su - postgres -c 'ls -l'
runuser -u www-data -- ls
chroot /mnt ls
strace -f -e trace=open ls
nsenter -t 1 -n ss -tln
`,
  'read,execute,unsafe_io': `
ssh web1 uptime
ssh -p 2222 deploy@web1 'df -h | head'
ssh -o StrictHostKeyChecking=no -i ~/.ssh/id_ed25519 root@10.0.0.5 'cat /etc/os-release'
ssh -q web1 "ls -l /srv; whoami"
`,
  'read,unsafe_io': `
ping -c 3 example.com
dig +short example.com
nslookup example.com
traceroute example.com
curl -s https://example.com/health
curl -I https://example.com
curl -fsSL -H 'Accept: application/json' https://api.example.com/v1 | jq .
curl -u bob:secret https://example.com/private
psql -l
psql -c '\\d orders'
psql -h db -U app -d shop -c 'SELECT count(*) FROM orders'
psql -At -c "SELECT 1"
redis-cli get session:1
redis-cli -h cache info memory
git ls-remote origin
whois example.com
`,
  write: `
touch /tmp/marker
tee -a log
`,
  'read,write': `
echo hello > /tmp/x
echo line >> notes.txt
cp a b
cp -r /etc/nginx /backup/nginx
cp -a src/. dst/
cat a b > c
sort -o sorted.txt names.txt
ls -l | tee listing.txt
sed -i 's/80/8080/' nginx.conf
sed -i.bak '/^#/d' conf
tar czf backup.tgz /etc
tar -cvf - src | gzip > src.tgz
tar --exclude=node_modules -czf app.tgz app
zip -r site.zip public
dd if=/dev/zero of=/tmp/file bs=1M count=10
awk '{print $2}' a > b
uniq in.txt out.txt
split -l 1000 big.txt part_
grep error app.log > errors.txt 2>&1
for i in 1 2 3; do echo "$i" >> out; done
cat <<< hello > f
rsync -av src/ dst/
install -m 644 a.conf /etc/a.conf
: > empty.log
`,
  'read,write,alter': `
gzip access.log.1
gunzip -k dump.sql.gz
xz -T0 dump.sql
`,
  'read,write,delete': `
rsync -a --delete src/ dst/
grep -v x a > b && rm a
tar -czf a.tgz a --remove-files
`,
  'read,write,create': `
tar xzf app.tgz
tar -xf release.tar -C /opt
unzip -o app.zip -d /srv/app
`,
  delete: `
rm file
rm -rf /tmp/build
rm -f *.o
rmdir empty
unlink link
shred -u key
rm -- -f
for f in a b; do rm "$f"; done
`,
  'read,delete': `
find /tmp -type f -mtime +7 -delete
ls && rm a
if [ -e x ]; then rm x; fi
ls; rm -r old
journalctl --vacuum-time=7d
`,
  'read,delete,execute': `
find . -name '*.pyc' -exec rm {} +
find . -name '*.tmp' | xargs rm -f
find . -name '*.bak' -print0 | xargs -0 -r rm
`,
  truncate: `
truncate -s 0 app.log
`,
  create: `
mkdir -p /srv/app/releases
mkdir a b c
ln -s /opt/app current
mktemp -d
mkfifo pipe
`,
  'write,alter': `
mv a b
mv *.log /archive/
git add .
git checkout main
git commit -m 'fix: typo'
git stash
`,
  'alter,grant': `
chmod 644 file
chmod -R u+rwX,go-w dir
chown -R www-data:www-data /var/www
chgrp adm log
setfacl -m u:bob:r file
`,
  session: `
cd /srv/app
cd -
export LANG=C
FOO=bar
set -e
set -euo pipefail
umask 022
unset FOO
exit 0
IFS= read -r line
read -p 'Name: ' name
pushd /tmp
`,
  'read,session': `
cd /srv && ls
cd /srv/app; git status
export EDITOR_NAME=vi; echo "$EDITOR_NAME"
x=$(date +%F); echo "$x"
while read -r line; do echo "$line"; done < hosts.txt
f() { ls; }; echo done
n=$(wc -l < f)
`,
  'alter,admin': `
systemctl restart nginx
systemctl stop postgresql
systemctl enable --now docker
systemctl reload nginx
service nginx restart
kill -9 1234
killall nginx
pkill -f worker
docker restart web
docker stop web db
kubectl scale deploy api --replicas=3
kubectl rollout restart deploy/api
kubectl patch svc api -p '{"spec":{}}'
renice -n 5 -p 1
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
ufw allow 22/tcp
`,
  admin: `
systemctl daemon-reload
reboot
shutdown -r now
mount /dev/sdb1 /mnt
umount /mnt
sync
hostnamectl set-hostname web1
timedatectl set-timezone UTC
swapoff -a
ip link set eth0 up
`,
  'alter,execute,admin': `
sudo systemctl restart nginx
sudo -n service nginx reload
sudo kill 1234
`,
  'delete,execute,admin': `
sudo rm -rf /var/cache/app
docker exec web rm /tmp/x
kubectl exec api-0 -- rm -f /tmp/lock
`,
  'create,execute,admin,bulk_load': `
apt-get install -y nginx
apt install curl git
yum install -y httpd
dnf install vim-enhanced
npm install
pip install requests==2.31.0
apk add curl
`,
  'read,write,bulk_load,unsafe_io': `
apt-get update
curl -o file.tgz https://example.com/file.tgz
curl -LO https://example.com/a.sh
`,
  'drop,execute,admin': `
apt-get remove -y nginx
apt purge nginx
yum remove httpd
`,
  'write,bulk_load,unsafe_io': `
wget https://example.com/a.iso
wget -q -O /tmp/x https://example.com/x
`,
  'read,write,bulk_export,unsafe_io': `
scp file web1:/tmp/
rsync -avz src/ deploy@web1:/srv/app/
scp -P 2222 -r dir user@host:backup
`,
  'read,bulk_export,unsafe_io': `
docker push registry.example.com/app:1
curl -X POST -d '{"a":1}' https://api.example.com/x
curl -T dump.sql https://files.example.com/
pg_dump shop
mysqldump -u root shop
`,
  'create,alter,admin,read': `
kubectl apply -f deploy.yaml
`,
  'delete,drop,admin': `
kubectl delete pod api-0
docker volume rm data
docker compose down
docker system prune -f
`,
  'delete,admin': `
docker rm -f web
docker rmi old:1
`,
  'create,bulk_load,unsafe_io': `
docker pull nginx:1.27
`,
  'bulk_export,unsafe_io': `
git push origin main
`,
  'write,alter,bulk_load,unsafe_io': `
git pull
git pull --rebase origin main
`,
  'write,create,bulk_load,unsafe_io': `
git clone https://example.com/repo.git
git clone --depth 1 https://example.com/repo.git dir
`,
  'delete,alter': `
git reset --hard HEAD
`,
  'delete,unsafe_io': `
redis-cli del key
psql -c 'DELETE FROM sessions WHERE expired'
`,
  'drop,unsafe_io': `
psql -c 'DROP TABLE old_orders'
psql shop -c "DROP SCHEMA temp CASCADE"
`,
  'create,grant,admin': `
useradd -m -s /bin/bash bob
groupadd devs
`,
  'alter,grant,admin': `
usermod -aG docker bob
passwd bob
`,
  'drop,admin': `
userdel -r bob
mkfs.ext4 /dev/sdb1
lvremove vg/data
wipefs -a /dev/sdb
`,
};

export interface OrdinaryCase {
  readonly text: string;
  readonly effects: readonly string[];
}

export const ordinary: readonly OrdinaryCase[] = Object.entries(lines).flatMap(([effects, texts]) =>
  texts
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => ({ text, effects: effects.split(',') })),
);
